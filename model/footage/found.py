"""Files of a folder and all its sub-folders, each with a name for its clip."""

from pathlib import Path

from ..errors import DataError
from .untrusted import inside, plain_name


def named_files(root: Path, *endings: str) -> dict[str, Path]:
    """Files under `root` that end so (".mp4"; in any case), by the names of their clips, sorted by them.

    A file in a sub-folder is called after it too, `forest/walk.mp4` is `forest__walk`, so that a name is that of a
    file in any layout. What is hidden is passed over, and so are folders that are links.

    Raises:
        DataError: naming a folder that is missing, a link that leads out of it, a name that no clip can have, or two
            files of one name.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give the folder that holds the footage")
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.suffix.lower() not in endings or any(part.startswith(".") for part in parts) or not path.is_file():
            continue
        name = plain_name("__".join((*parts[:-1], path.stem)), str(root))
        if name in found:
            raise DataError(f"{path}: {found[name]} makes a clip of the same name, {name}; rename one of them")
        found[name] = inside(root, path)
    return dict(sorted(found.items()))

"""Names and the disk: whoever chose one, it may hold anything."""

_LONGEST = 100


def plain_name(world: str) -> str:
    """Return a world's name as the name of a file: letters, digits, "-" and "_", so that it leads nowhere else."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in world)[:_LONGEST] or "world"


def is_text(name: str) -> bool:
    """Whether files of text can hold a name: one on the disk is bytes, and those that are no UTF-8 are no letters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

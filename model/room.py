"""Room for what a world remembers: `world.toml` says how much that is, and is believed only as far as memory goes.

Without torch.
"""

import os

from .errors import WorldError
from .world_spec import WorldSpec

_SPARED = 8  # one part in so many of the memory is for weights, pictures and other programs


def check_room(spec: WorldSpec, *, width: int, depth: int, number: int, available: int | None = None) -> None:
    """Compare what a session of a world remembers with the memory that is `available`, all of the machine's if None.

    Args:
        spec: as it is played, with the window that was chosen.
        width: of the generator.
        depth: of it, in layers.
        number: bytes of each number that is kept.
        available: bytes.

    Raises:
        WorldError: naming what is too large.
    """
    if available is None:
        available = memory_of_machine()
    if available is None:
        return
    slots, tokens = spec.sink + spec.window, spec.height * spec.width // 256
    kept = 2 * slots + 1 + spec.sink  # plain; rotated, with a frame at work and the sink once more
    needed = 2 * kept * tokens * width * depth * number  # keys and values
    if needed > available - available // _SPARED:
        raise WorldError(
            f"world {spec.name!r} would take {needed / 2**30:.1f} GiB to remember {slots} frames of {spec.width}x"
            f"{spec.height} in {depth} layers of width {width}, too much for the {available / 2**30:.1f} GiB here; "
            "play it with a smaller --window or choose another world"
        )


def memory_of_machine() -> int | None:
    """Bytes of this machine's memory; None where the system does not tell."""
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

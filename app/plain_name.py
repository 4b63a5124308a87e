"""What a world is called on the disk: whoever made it chose its name, so that it may hold anything."""

_LONGEST = 100


def plain_name(world: str) -> str:
    """Return a world's name as the name of a file: letters, digits, "-" and "_", so that it leads nowhere else."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in world)[:_LONGEST] or "world"

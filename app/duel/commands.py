"""Which commands of play there are not while two worlds are compared."""

ABSENT = frozenset(
    {
        "rewind",  # both walks would have to meet at a frame again
        "save",
        "load",
        "previous scene",  # each round is voted on once
        "anchor",
        "more steps",  # of which a vote tells one number for each world
        "fewer steps",
        "record",
        "clip",
    }
)
"""Commands of `app.bindings` that do nothing but say so."""


def absence_of(command: str) -> str:
    """Return what is said instead of carrying it out."""
    return f"{command}: not there while two worlds are compared"

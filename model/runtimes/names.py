"""The names of what can compute a world, for command lines that are read before torch is."""

RUNTIMES = ("eager", "eager-fp32", "compiled", "compiled-fp32")
"""All there are; `auto` chooses among them."""


def runtime_of(title: str) -> str:
    """Return the name of the runtime that calls itself `title`, such as `eager-fp32` for `eager float32`."""
    name, _, precision = title.partition(" ")
    single = f"{name}-fp32"
    return single if precision == "float32" and single in RUNTIMES else name

"""The names of what can compute a world, for command lines that are read before torch is."""

RUNTIMES = ("eager", "eager-fp32", "compiled", "compiled-fp32")
"""All there are; `auto` chooses among them."""

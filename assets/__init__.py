"""Worlds that ship, shaders and fonts: found through `importlib.resources`, never through a working directory."""

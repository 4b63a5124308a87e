"""Capture from a real game: the unmodified client in lock-step, one action in, one frame out."""

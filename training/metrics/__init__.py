"""Measures of a world: picture quality, control, drift over long play, speed."""

"""Tests of the capture from a real game."""

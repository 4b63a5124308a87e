"""The player: window, input, picture, HUD, generation thread, headless runs."""

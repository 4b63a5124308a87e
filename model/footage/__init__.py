"""Footage on disk: clips, videos and the folders they lie in; read by the player and by the training suite."""

"""Footage with actions: clips, the layouts they come in, and the latent cache."""

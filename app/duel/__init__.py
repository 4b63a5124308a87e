"""Two worlds side by side, driven by the same hands, and votes on which is better."""

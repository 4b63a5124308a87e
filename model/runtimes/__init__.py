"""Ways to compute a world faster than its model does by itself, each giving the same frames up to rounding."""

"""Whether footage can be trusted: one small detector per kind of damage, and what to do about each."""

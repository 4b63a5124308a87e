"""Playing the newest weights of a training that runs."""

"""What makes worlds: data, stages, losses, metrics, recipes and their command lines."""

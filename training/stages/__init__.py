"""Training stages: each supplies `loss(step) -> (loss, logs)` to the one loop in `training.loop`."""

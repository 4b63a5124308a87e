"""What Gymnasium is told of arvd when `arvd` is imported: names, nothing heavy."""


def register_worlds() -> None:
    """Make `arvd/World-v0` known to Gymnasium; without Gymnasium, which is an extra, there is nobody to tell."""
    try:
        from gymnasium.envs.registration import register, registry
    except ModuleNotFoundError:
        return
    if "arvd/World-v0" not in registry:
        register(
            "arvd/World-v0",
            entry_point="model.environment:WorldEnvironment",
            vector_entry_point="model.environment:WorldVectorEnvironment",
        )

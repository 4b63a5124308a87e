"""The generator: actions, autoencoder, transformer, cache, samplers, worlds, runtimes. Knows no window and no loss."""

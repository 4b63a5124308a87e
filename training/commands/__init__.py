"""The command lines `arvd-train`, `arvd-data` and `arvd-eval`."""

"""Errors that are the user's to mend.

Each message is one sentence that names the cause and the fix. The command lines print it without a traceback and
leave with exit code 2.
"""


class ArvdError(Exception):
    """Base of every error whose message is written for the person at the keyboard."""


class ActionError(ArvdError):
    """An action string or an action vector that cannot be read."""


class WorldError(ArvdError):
    """A world folder that is unknown, incomplete, damaged or of another format version."""


class StateError(ArvdError):
    """A saved session state that does not belong to this world or is damaged."""


class DataError(ArvdError):
    """A dataset, clip or cache that cannot be used as it is."""


class RunError(ArvdError):
    """A training run that cannot be started or resumed as asked."""

"""The error of a command line that cannot be meant like that."""


class UsageError(Exception):
    """The text says what to change; nothing was changed yet. The command ends with
    status 2.
    """

"""Report errors as an exit status and one line of text."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import traceback
from typing import TYPE_CHECKING, Any

from attrs import frozen

from financial_connections.cli.text import redact, sanitize
from financial_connections.cli.wording import reword

if TYPE_CHECKING:
    from financial_connections.errors import FinancialConnectionsError

UNEXPECTED, USAGE, ACCESS, API, NETWORK, INTERRUPTED = 1, 2, 3, 4, 5, 130


class CommandError(Exception):
    """The command failed, and the message tells the user why.

    Attributes:
        status: Exit status.
    """

    status = UNEXPECTED


class UsageError(CommandError):
    """The command line, a setting or a file is invalid, and nothing was changed.

    The message tells the user what to change. The command exits with status 2.
    """

    status = USAGE


class DatabaseError(CommandError):
    """A database cannot be reached. The command exits with status 5."""

    status = NETWORK


class RejectedError(CommandError):
    """The API key was rejected. The command exits with status 3."""

    status = ACCESS


class InvalidResponseError(CommandError):
    """The response is an error or cannot be used. The command exits with status 4."""

    status = API


class TimedOutError(CommandError):
    """Something did not happen in time. The command exits with status 4."""

    status = API


class NotLinkedError(CommandError):
    """The user did not link an account. The command exits with status 4."""

    status = API


class ConnectionFailedError(CommandError):
    """No response was received. The command exits with status 5."""

    status = NETWORK


@frozen
class Failure:
    """The outcome of a failed command.

    Attributes:
        status: Exit status.
        text: Message for the user, on one line and without secrets.
    """

    status: int
    text: str


def failure_from(error: BaseException) -> Failure:
    """Return the exit status and the message for an error.

    Args:
        error: Error that ended the command. Its notes (`add_note`) tell the user what
            to do, and come last in the message.
    """
    status, *messages = _status_and_messages(error)
    notes = getattr(error, "__notes__", ())
    return Failure(status, sanitize(redact("; ".join([*map(str, messages), *notes]))))


def _status_and_messages(error: BaseException) -> tuple[Any, ...]:
    import typer

    from financial_connections.errors import FinancialConnectionsError

    # The base class of Click's errors. Depending on its version, Typer uses either the
    # `click` package or its own copy of it; this works with both.
    click_error = typer.BadParameter.__mro__[2]
    match error:
        case FinancialConnectionsError():
            return _status(error), _text(error), *_advice(error)
        case CommandError():
            return error.status, error
        case KeyboardInterrupt() | typer.Abort():
            return INTERRUPTED, "interrupted"
        case OSError(filename=name, strerror=reason) if reason:
            return UNEXPECTED, f"{name}: {reason}" if name else reason
        case _ if isinstance(error, click_error):
            return _status_and_messages_of_click(error)
        case _:
            # The message is omitted because it may contain account data.
            name = type(error).__name__
            return UNEXPECTED, f"unexpected {name}; use --debug for a traceback"


def _status(error: "FinancialConnectionsError") -> int:
    from financial_connections import errors

    match error:
        case errors.ConfigurationError() | errors.InvalidArgumentError():
            return USAGE
        case (
            errors.AuthenticationError()
            | errors.PermissionDeniedError()
            | errors.WebhookSignatureError()
        ):
            return ACCESS
        case errors.APIConnectionError():
            return NETWORK
        case _:
            return API


def _text(error: "FinancialConnectionsError") -> str:
    from financial_connections.errors import APIConnectionError

    # The hint names settings of the client; the advice names options of this command.
    return error.message if isinstance(error, APIConnectionError) else str(error)


def _advice(error: "FinancialConnectionsError") -> list[str]:
    from financial_connections import errors
    from financial_connections.cli.embedded import FORGETFUL

    if FORGETFUL in getattr(error, "__notes__", ()):
        return []
    advice = {
        errors.AuthenticationError: "check the key in STRIPE_API_KEY or --api-key-file,"
        " or in the profile",
        errors.PermissionDeniedError: "use an API key that has the permission, or"
        " request it when the account is linked",
        errors.NotFoundError: "check the ID, and the account and mode of the API key",
        errors.AccountInactiveError: "create a session in which the user links the"
        " account again",
        errors.TransactionsNotRefreshedError: "refresh the account's transactions"
        " with fincon accounts refresh",
        errors.RateLimitError: "wait a moment, or raise --max-retries",
        errors.IdempotencyError: "run the command again",
        errors.ServerError: "try again later",
        errors.RefreshNotAvailableError: "to wait for it, use --wait --when-available",
        errors.APIConnectionError: "check the network, --base-url and --timeout",
    }
    return [text for kind, text in advice.items() if isinstance(error, kind)]


def _status_and_messages_of_click(error: Any) -> tuple[Any, ...]:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "fincon"
    text = reword(error.format_message())
    return error.exit_code, text, f"see {path} --help"


def format_traceback(error: BaseException | None) -> str:
    """Format the tracebacks of an error and its causes, without their messages.

    Messages and local variables are omitted because they may contain keys or account
    data.

    Args:
        error: Error to format, after its causes. None gives an empty string.
    """
    tracebacks: list[str] = []
    while error is not None:
        lines = traceback.format_tb(error.__traceback__)
        tracebacks.append("".join([*lines, f"{type(error).__qualname__}\n"]))
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return "\ncaused\n".join(reversed(tracebacks))


def show(failure: Failure) -> None:
    """Print a failure to stderr.

    Args:
        failure: Failure to print.
    """
    from rich.text import Text

    from financial_connections.cli.output import console

    line = Text.assemble(("fincon: ", "bold red"), failure.text)
    console(stderr=True).print(line, soft_wrap=True)

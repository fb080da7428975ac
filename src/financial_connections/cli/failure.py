"""What went wrong, as an exit status and one line. Pure, but for `show`."""

import re
import traceback
from typing import Any

import typer
from attrs import frozen

from financial_connections.cli.text import clean, masked
from financial_connections.cli.usage import UsageError
from financial_connections.errors import (
    AccountInactiveError,
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    FinancialConnectionsError,
    IdempotencyError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RefreshNotAvailableError,
    ServerError,
    WebhookSignatureError,
)

UNEXPECTED, USAGE, ACCESS, API, NETWORK, INTERRUPTED = 1, 2, 3, 4, 5, 130

# Of a family the first that fits counts.
_STATUSES: tuple[tuple[type[FinancialConnectionsError], int], ...] = (
    (ConfigurationError, USAGE),
    (InvalidArgumentError, USAGE),
    (AuthenticationError, ACCESS),
    (PermissionDeniedError, ACCESS),
    (WebhookSignatureError, ACCESS),
    (APIConnectionError, NETWORK),
    (FinancialConnectionsError, API),
)
_ADVICE: tuple[tuple[type[FinancialConnectionsError], str], ...] = (
    (AuthenticationError, "check the key in STRIPE_API_KEY or --api-key-file"),
    (PermissionDeniedError, "use a key, or link an account, that has the permission"),
    (NotFoundError, "check the id, and that the key is of its account and mode"),
    (AccountInactiveError, "create a session in which its holder links it again"),
    (RateLimitError, "wait a moment, or raise --max-retries"),
    (IdempotencyError, "run the command again"),
    (ServerError, "try again later"),
    (RefreshNotAvailableError, "with --wait, --when-available waits for it"),
    (APIConnectionError, "check the network, --base-url and --timeout"),
)

# Typer keeps its Click in different places; this is Click's own root of errors in
# either.
_CLICK_ERROR = typer.BadParameter.__mro__[2]


_NUMBER = re.compile(r"a valid (float|int|integer)(?: range)?\b")


@frozen
class Failure:
    """An exit status, and the line that goes with it."""

    status: int
    text: str


def failure_from(error: BaseException) -> Failure:
    """Return what to say of an error. Notes of it (`add_note`) say what to do, and come
    last.
    """
    status, *texts = _told(error)
    return Failure(
        status,
        clean(masked("; ".join([*map(str, texts), *getattr(error, "__notes__", ())]))),
    )


def _told(error: BaseException) -> tuple[Any, ...]:
    match error:
        case FinancialConnectionsError():
            return (
                _first(_STATUSES, error),
                error,
                *filter(None, [_first(_ADVICE, error)]),
            )
        case UsageError():
            return USAGE, error
        case KeyboardInterrupt() | typer.Abort():
            return INTERRUPTED, "interrupted"
        case OSError(filename=name, strerror=reason) if reason:
            return UNEXPECTED, f"{name}: {reason}" if name else reason
        case _ if isinstance(error, _CLICK_ERROR):
            return _told_by_click(error)
        case _:
            # Its text may quote what a bank said.
            return UNEXPECTED, f"unexpected {type(error).__name__}; --debug shows where"


def _told_by_click(error: Any) -> tuple[Any, ...]:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "fincon"
    text = _NUMBER.sub(
        lambda kind: "a number" if kind[1] == "float" else "a whole number",
        error.format_message(),
    )
    return error.exit_code, text.rstrip("."), f"see {path} --help"


def _first(table: tuple[tuple[type, Any], ...], error: BaseException) -> Any:
    return next((entry for kind, entry in table if isinstance(error, kind)), None)


def places(error: BaseException | None) -> str:
    """Return a traceback of places and kinds: no locals, and no texts, which may quote
    keys or bank data.
    """
    told: list[str] = []
    while error is not None:
        told.append(
            "".join(
                [
                    *traceback.format_tb(error.__traceback__),
                    f"{type(error).__qualname__}\n",
                ]
            )
        )
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return "\nled to\n".join(reversed(told))


def show(failure: Failure) -> None:
    """Print a failure to stderr, on one line."""
    from rich.text import Text  # noqa: PLC0415 - as late as everything that draws

    from financial_connections.cli.output import console  # noqa: PLC0415 - as above

    line = Text.assemble(("fincon: ", "bold red"), failure.text)
    console(stderr=True).print(line, soft_wrap=True)

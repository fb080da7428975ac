"""Results, errors and progress of work on many accounts."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    NoReturn,
    Protocol,
    TypeVar,
)

from attrs import evolve, field, frozen

from financial_connections._concurrency import (
    BackgroundTasks,
    Block,
    ResultQueue,
    Send,
    fan_out,
)
from financial_connections._operation import operation
from financial_connections.errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    FinancialConnectionsError,
    InvalidArgumentError,
    PermissionDeniedError,
)

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from financial_connections._many.accounts import AccountRef, AccountSource
    from financial_connections._request import Sender

_log = logging.getLogger("financial_connections")


class _Progress(Protocol):
    @property
    def accounts(self) -> int: ...


T_co = TypeVar("T_co", covariant=True)
ProgressT = TypeVar("ProgressT", bound=_Progress)
ResultsT_co = TypeVar("ResultsT_co", covariant=True)


@frozen
class ManySettings(Generic[ProgressT]):
    """Settings that all methods for many accounts share."""

    accounts: AccountSource
    concurrency: int
    """Number of accounts to work on at once."""
    on_progress: Callable[[ProgressT], object] | None
    sender: Sender = field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_concurrency(self.concurrency)


class ManyResults(AsyncIterator[T_co], Generic[T_co, ProgressT]):
    """The results of work on many accounts.

    Args:
        settings: The accounts, and how to work on them.
        tasks: Background tasks that do the work.
        progress: The progress at the beginning.
    """

    _method: ClassVar[str]
    """Name of the method that returns the results, for events."""
    _noun: ClassVar[str]
    """Noun for the work, for messages, such as `sync`."""
    _participle: ClassVar[str]
    """Past participle of the work, for messages, such as `synced`."""

    def __init__(
        self,
        settings: ManySettings[ProgressT],
        tasks: BackgroundTasks,
        progress: ProgressT,
    ) -> None:
        self._settings = settings
        self._errors: dict[str, FinancialConnectionsError] = {}
        self._are_errors_read = False
        self.progress = progress
        """The progress so far."""
        source, concurrency = settings.accounts.open(), settings.concurrency
        self._queue: ResultQueue[T_co] = fan_out(
            tasks, source, self._begin, concurrency, self._noun
        )

    @property
    def errors(self) -> dict[str, FinancialConnectionsError]:
        """Errors by account ID, for the accounts whose latest run failed."""
        self._are_errors_read = True
        return self._errors

    def raise_for_errors(self) -> None:
        """Raise the errors of all accounts as a group.

        Raises:
            ExceptionGroup: At least one account failed. Each error has a note that
                names its account.
        """
        if self.errors:
            raise ExceptionGroup(self._summary(), list(self._errors.values()))

    async def __anext__(self) -> T_co:
        return await anext(self._queue)

    @abstractmethod
    async def _process(self, account: AccountRef, send: Send[T_co]) -> None:
        """Work on one account."""

    async def _begin(self, account: AccountRef, send: Send[T_co]) -> None:
        if self._settings.accounts.count is None:
            self.progress = self._increased(accounts=1)
        await self._process(account, send)

    async def _collect_error(
        self, account: AccountRef, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Run a function, and store an error that concerns only this account."""
        try:
            with operation(self._settings.sender, self._method, concurrent=True):
                await work()
        except FinancialConnectionsError as error:
            if _affects_all_accounts(error, account):
                raise
            _drop_tracebacks(error)
            self._errors[account.id] = error
            error.add_note(f"account {account}")
            _log.warning(
                "the %s of %s failed: %s", self._noun, account, type(error).__name__
            )
            self._count(failed=1)
        else:
            # An async iterable may return an account again.
            self._errors.pop(account.id, None)

    def _count(self, **increments: int) -> None:
        self.progress = self._increased(**increments)
        if self._settings.on_progress is None:
            return
        try:
            self._settings.on_progress(self.progress)
        except Exception:  # noqa: BLE001 - a faulty callback must not end the work
            _log.exception("on_progress raised an error; the %s continues", self._noun)

    def _increased(self, **increments: int) -> ProgressT:
        progress: Any = self.progress
        counts = {
            name: getattr(progress, name) + number
            for name, number in increments.items()
        }
        changed: ProgressT = evolve(progress, **counts)
        return changed

    def _summary(self) -> str:
        return (
            f"{len(self._errors)} of {self.progress.accounts} accounts could not be "
            f"{self._participle}"
        )

    def _close(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the iteration, and log a warning if the errors were never read."""
        self._queue.close()
        if kind is None and self._errors and not self._are_errors_read:
            _log.warning(
                "%s: read `errors`, or call `raise_for_errors()`", self._summary()
            )


class ManyBlock(Block[ResultsT_co], AsyncIterable[Any], Generic[ResultsT_co]):
    """A method's work on many accounts, which starts when the block is entered."""

    _method: ClassVar[str]
    """Name of the method that returns the block, for messages."""

    def __aiter__(self) -> NoReturn:
        # Only a block can end the background tasks.
        name = self._method.rpartition(".")[2]
        raise TypeError(
            f"{name} must be entered before iterating: "
            f"async with client.{self._method}(…) as …"
        )

    @abstractmethod
    def _start(self, tasks: BackgroundTasks, exits: AsyncExitStack) -> ResultsT_co:
        """Start the work and return its results."""

    async def _enter(self, exits: AsyncExitStack, /) -> ResultsT_co:
        tasks = await exits.enter_async_context(BackgroundTasks())
        return self._start(tasks, exits)


def check_concurrency(value: Any) -> None:
    """Raise an error unless the value is the number of accounts to work on at once."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError("concurrency must be an integer of at least 1")


def _affects_all_accounts(
    error: FinancialConnectionsError, account: AccountRef
) -> bool:
    """Return True if the error was caused by the API key or the client.

    A 403 means that the key lacks a permission, or that the platform has no access to
    the connected account that was given with this account. Source:
    https://docs.stripe.com/api/errors
    """
    if isinstance(error, APIConnectionError):
        return error.reason == "closed"
    if isinstance(error, PermissionDeniedError):
        return account.stripe_account is None
    return isinstance(error, AuthenticationError | ConfigurationError)


def _drop_tracebacks(error: BaseException) -> None:
    """Release the frames of an error and its causes, which keep results alive."""
    errors = [error]
    for current in errors:
        current.__traceback__ = None
        for cause in (current.__cause__, current.__context__):
            # Errors can cause each other: Python does not check `raise … from …`.
            if cause is not None and all(cause is not known for known in errors):
                errors.append(cause)

"""Refresh many accounts concurrently."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from financial_connections._many import (
    AccountSource,
    ManyBlock,
    ManyResults,
    ManySettings,
)
from financial_connections._refresh.polling import poll_schedule
from financial_connections._refresh.status import features_from, refresh_of
from financial_connections._refresh.wait import RefreshWait
from financial_connections.errors import InvalidArgumentError, RefreshNotAvailableError
from financial_connections.models import Account

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence
    from contextlib import AsyncExitStack

    from financial_connections._concurrency import BackgroundTasks, Send
    from financial_connections._many import AccountInput, AccountRef
    from financial_connections._refresh.notifier import RefreshNotifier
    from financial_connections._request import RequestOptions, Sender

AccountT_co = TypeVar("AccountT_co", bound=Account, covariant=True)


@frozen(kw_only=True)
class RefreshProgress:
    """The progress of `refresh_many`."""

    accounts: int
    """Number of accounts; for an async iterable, those that have been started."""
    done: int = 0
    """Number of refreshed accounts that have been returned."""
    skipped: int = 0
    """Number of accounts that could not be refreshed yet."""
    failed: int = 0
    """Number of accounts whose refresh ended with an error."""


class Refreshes(ManyResults[AccountT_co, RefreshProgress], Generic[AccountT_co]):
    """The refreshed accounts, with `errors`, `skipped` and `progress`.

    Accounts are returned in the order in which their refreshes end. Several tasks may
    iterate at once.

    Args:
        refresh: The work to do.
        tasks: Background tasks that refresh the accounts.
    """

    _method = "accounts.refresh_many"
    _noun = "refresh"
    _participle = "refreshed"

    def __init__(
        self, refresh: RefreshMany[AccountT_co], tasks: BackgroundTasks
    ) -> None:
        self._refresh_many = refresh
        self.skipped: dict[str, int | None] = {}
        """The accounts that could not be refreshed yet: for each ID, the time from
        which a refresh is possible, in seconds since the epoch.
        """
        progress = RefreshProgress(accounts=refresh._settings.accounts.count or 0)
        super().__init__(refresh._settings, tasks, progress)

    async def __anext__(self) -> AccountT_co:
        account = await super().__anext__()
        self._count(done=1)
        return account

    async def _process(self, account: AccountRef, send: Send[AccountT_co]) -> None:
        await self._collect_error(account, partial(self._refresh, account, send))

    async def _refresh(self, account: AccountRef, send: Send[AccountT_co]) -> None:
        wait = self._refresh_many._wait_for(account)
        self.skipped.pop(account.id, None)  # an async iterable may return it again
        try:
            refreshed: Any = await wait.run_in(self._method, refresh=True)
        except RefreshNotAvailableError as error:
            if not self._refresh_many._skip:
                raise
            self.skipped[account.id] = error.available_at
            self._count(skipped=1)
        else:
            await send(refreshed)


class RefreshMany(ManyBlock[Refreshes[AccountT_co]], Generic[AccountT_co]):
    """A refresh of many accounts that has not started yet.

    Enter it with `async with` to start the refreshes and get an iterator over the
    accounts. Returned by `client.accounts.refresh_many`.

    Args:
        wait_for: Returns the work to do for an account.
        settings: The accounts, and how to refresh them.
        skip: True to skip accounts that cannot be refreshed yet.
    """

    _method = Refreshes._method

    def __init__(
        self,
        wait_for: Callable[[AccountRef], RefreshWait],
        settings: ManySettings[RefreshProgress],
        *,
        skip: bool,
    ) -> None:
        self._wait_for = wait_for
        self._settings = settings
        self._skip = skip

    def _start(
        self, tasks: BackgroundTasks, exits: AsyncExitStack
    ) -> Refreshes[AccountT_co]:
        refreshes = Refreshes(self, tasks)
        exits.push(refreshes._close)
        return refreshes


def refresh_many(
    sender: Sender,
    accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
    *,
    features: Sequence[str],
    if_too_early: str,
    oldest_first: bool,
    concurrency: int,
    timeout: float | None,
    poll: float,
    notifier: RefreshNotifier | None,
    on_progress: Callable[[RefreshProgress], object] | None,
    clock: Callable[[], float],
    expand: Sequence[str] | None,
    options: RequestOptions | None,
) -> RefreshMany[Any]:
    """Return a refresh of many accounts. See `Accounts.refresh_many`."""
    names = _check_arguments(features, if_too_early, timeout, poll, options)

    def wait_for(account: AccountRef) -> RefreshWait:
        return RefreshWait(
            sender=sender,
            account=account.id,
            features=names,
            expand=expand,
            options=account.options(options),
            timeout=timeout,
            poll=poll,
            when_available=if_too_early == "wait",
            notifier=notifier,
            clock=clock,
        )

    age = partial(_oldest_refresh, features=names)
    source = AccountSource(accounts, age if oldest_first else None)
    settings = ManySettings(source, concurrency, on_progress, sender=sender)
    return RefreshMany(wait_for, settings, skip=if_too_early == "skip")


def _check_arguments(
    features: Any,
    if_too_early: Any,
    timeout: float | None,
    poll: float,
    options: RequestOptions | None,
) -> tuple[str, ...]:
    """Return the features, or raise an error if an argument is invalid."""
    names = features_from(features)
    poll_schedule(timeout, poll, None)
    if if_too_early not in {"skip", "wait", "raise"}:
        raise InvalidArgumentError('if_too_early must be "skip", "wait" or "raise"')
    if options is not None and options.idempotency_key is not None:
        raise InvalidArgumentError(
            "idempotency_key cannot be shared by the requests for several accounts"
        )
    return names


def _oldest_refresh(account: Account, *, features: tuple[str, ...]) -> int:
    """Return the time of the oldest refresh; 0 if a feature was never refreshed."""
    return min(
        getattr(refresh_of(account, feature), "last_attempted_at", None) or 0
        for feature in features
    )

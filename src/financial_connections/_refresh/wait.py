"""Refreshing, and waiting until it is done: one wait for one account."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, evolve, field

from financial_connections._generated.api.accounts import refresh_account, retrieve_account
from financial_connections._refresh.polling import Bell, Patience, Sleep, patience_from
from financial_connections._refresh.status import (
    access_error,
    features_from,
    has_permission,
    idle_features,
    is_refreshed,
    opening_of,
    require_access,
    status_of,
)
from financial_connections.errors import (
    AccountInactiveError,
    DeadlineExceededError,
    IdempotencyError,
    InvalidRequestError,
    RefreshNotAvailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account
    from financial_connections.webhooks import AccountEvent, UnknownEvent


class RefreshWaiter:
    """
    Lets webhooks end waits early: give it to `refresh_and_wait`, and tell it of each event.

        waiter = RefreshWaiter()
        account = await client.accounts.refresh_and_wait("fca_1", features=["balance"], waiter=waiter)

        async def on_event(event):          # elsewhere, on the same event loop
            waiter.notify(event)

    One waiter serves any number of waits. An event only makes them look at once: it may be old, or of another
    refresh, so what counts is what the API then says.
    """

    def __init__(self) -> None:
        self._bells: defaultdict[str, list[Bell]] = defaultdict(list)

    def notify(self, event: AccountEvent | UnknownEvent | str) -> None:
        """Wake up the waits for the account that an event is about; a string is an account's id."""
        account = event if isinstance(event, str) else _account_in(event)
        for bell in self._bells.get(account or "", ()):
            bell.ring()

    @contextmanager
    def _listening(self, account: str) -> Generator[Bell, None, None]:
        bell = Bell()
        self._bells[account].append(bell)
        try:
            yield bell
        finally:
            self._bells[account].remove(bell)
            if not self._bells[account]:
                del self._bells[account]


def _account_in(event: Any) -> str | None:
    return getattr(getattr(event.data, "object", None), "id", None)


@define(eq=False, kw_only=True)
class Watch:
    """One wait for one account."""

    sender: Sender
    account: str
    features: tuple[str, ...] = field(converter=features_from)
    expand: Any
    options: RequestOptions | None
    timeout: float | None
    poll: float
    waiter: RefreshWaiter | None
    sleep: Sleep | None
    clock: Callable[[], float]
    on_progress: Callable[[Account], object] | None = None
    when_available: bool = False
    last: Account | None = None
    """The account as last seen."""

    async def run(self, *, refresh: bool) -> Account:
        """Start a refresh, when asked to, and return the account once all features are refreshed."""
        waiter = self.waiter or RefreshWaiter()
        with waiter._listening(self.account) as bell:
            patience = patience_from(self.timeout, self.poll, self.sleep, bell if self.waiter else None)
            try:
                with anyio.move_on_after(patience.limit):
                    account = await self._finished(patience, refresh=refresh)
                    if account is not None:
                        return account
                raise self._deadline_error(patience.timeout)
            except DeadlineExceededError as error:
                error.account = self.last
                raise

    async def _finished(self, patience: Patience, *, refresh: bool) -> Account | None:
        account = await (self._start(patience) if refresh else self._look())
        while not is_refreshed(account, self.features):
            if not await patience.pause():
                return None
            account = await self._look()
        return account

    async def _look(self) -> Account:
        return self._seen(await retrieve_account(self.sender, self.account, expand=self.expand, options=self.options))

    def _seen(self, account: Account) -> Account:
        self.last = account
        if self.on_progress:
            self.on_progress(account)
        return account

    async def _start(self, patience: Patience) -> Account:
        """Return an account each of whose features is being refreshed: one that already was is joined."""
        options, account = self.options, await self._look()
        while True:
            require_access(account)
            idle = idle_features(account, self.features)
            if not idle:
                return account
            refusal, opening = None, opening_of(account, idle)
            if opening <= self.clock():
                account, refusal = await self._request(idle, options)
                if refusal is None:
                    return account
                # A refused request has had its key: repeated with it, the answer would be the same.
                options = options and evolve(options, idempotency_key=None)
                if self._is_outdated(refusal, account, idle):
                    continue
                opening = opening_of(account, idle)
            await self._wait_for(opening, refusal, patience)
            account = await self._look()

    async def _request(self, features: list[str], options: Any) -> tuple[Account, InvalidRequestError | None]:
        wanted: Any = features
        try:
            account = await refresh_account(
                self.sender, self.account, features=wanted, expand=self.expand, options=options
            )
        except (AccountInactiveError, IdempotencyError):
            raise
        except InvalidRequestError as error:
            refusal = error
        else:
            return self._seen(account), None
        return await self._look(), refusal

    def _is_outdated(self, refusal: InvalidRequestError, account: Account, idle: list[str]) -> bool:
        """Tell whether the account has changed since it looked idle. Raises a refusal that is not for the time."""
        if access_error(account) or idle != idle_features(account, tuple(idle)):
            return True
        # By our clock it was possible; it is the server's that counts.
        if opening_of(account, idle) and has_permission(account, idle):
            return False
        raise refusal

    async def _wait_for(self, opening: int, refusal: InvalidRequestError | None, patience: Patience) -> None:
        seconds = opening - self.clock()
        if self.when_available and seconds < patience.left and await patience.pause(seconds):
            return
        said = f": {refusal.message}" if refusal else ""
        raise RefreshNotAvailableError(
            f"a refresh is not possible before {opening} (seconds since the epoch){said}", available_at=opening
        ) from refusal

    def _deadline_error(self, seconds: float) -> DeadlineExceededError:
        statuses = [f"{feature} is {status_of(self.last, feature)}" for feature in self.features]
        return DeadlineExceededError(
            f"the refresh took longer than {seconds:g} s; when last seen, {', '.join(statuses)}",
            request_id=self.last.request_id if self.last else None,
        )

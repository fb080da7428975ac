"""Refresh one account and wait until the refresh has ended."""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, evolve, field

from financial_connections._generated.api.accounts import (
    refresh_account,
    retrieve_account,
)
from financial_connections._refresh.freshness import Freshness, Phase
from financial_connections._refresh.polling import Bell, Patience, Sleep, patience_from
from financial_connections._refresh.status import (
    access_error,
    features_from,
    has_permission,
    opening_of,
    require_access,
    status_of,
)
from financial_connections.errors import (
    AccountInactiveError,
    DeadlineExceededError,
    IdempotencyError,
    InvalidRequestError,
    RefreshFailedError,
    RefreshNotAvailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account
    from financial_connections.webhooks import AccountEvent, UnknownEvent

_log = logging.getLogger("financial_connections")


class RefreshNotifier:
    """Webhook events that make waits look at their account at once.

    Pass it to `refresh_and_wait` or `wait_for_refresh`, and call `notify` for each
    event:

        notifier = RefreshNotifier()
        account = await client.accounts.refresh_and_wait("fca_1", features=["balance"], notifier=notifier)

        async def on_event(event):          # elsewhere, on the same event loop
            notifier.notify(event)

    One notifier serves any number of waits. An event never ends a wait by itself, because
    it may be old or about another refresh: it only causes a look. The first event
    causes one at once; after it the next look comes a quarter of `poll` later at the
    earliest, however many events arrive. An event that arrives earlier causes that
    look.
    """

    def __init__(self) -> None:
        self._bells: defaultdict[str, list[Bell]] = defaultdict(list)

    def notify(self, event: AccountEvent | UnknownEvent | str) -> None:
        """Wake the waits for the account of an event.

        Args:
            event: The event, or the ID of the account.

        """
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
class RefreshWait:
    """One wait for one account."""

    sender: Sender
    account: str
    features: tuple[str, ...] = field(converter=features_from)
    expand: Any
    options: RequestOptions | None
    timeout: float | None
    poll: float
    notifier: RefreshNotifier | None
    sleep: Sleep | None
    clock: Callable[[], float]
    on_progress: Callable[[Account], object] | None = None
    when_available: bool = False
    freshness: Freshness = field(init=False)
    last: Account | None = None
    """The account as last seen."""

    async def run(self, *, refresh: bool) -> Account:
        """Return the account once all features are refreshed.

        Args:
            refresh: Start a refresh and wait for it; otherwise the latest refresh counts, even if it has ended.

        """
        notifier = self.notifier or RefreshNotifier()
        self.freshness = Freshness(self.features, accept_previous=not refresh)
        with notifier._listening(self.account) as bell:
            patience = patience_from(
                self.timeout, self.poll, self.sleep, bell if self.notifier else None
            )
            try:
                with anyio.move_on_after(patience.limit):
                    account = await self._poll(patience, refresh=refresh)
                    if account is not None:
                        return account
                raise self._deadline_error(patience.timeout)
            except DeadlineExceededError as error:
                error.account = self.last
                raise

    async def _poll(self, patience: Patience, *, refresh: bool) -> Account | None:
        account = await (self._start(patience) if refresh else self._look())
        while not self._is_refreshed(account):
            if not await patience.pause():
                return None
            account = await self._look()
        return account

    def _is_refreshed(self, account: Account) -> bool:
        if len(self.freshness.in_phase(Phase.SUCCEEDED)) == len(self.features):
            return True
        # The state of the account comes first because it is why refreshes fail.
        require_access(account)
        if failed := self.freshness.in_phase(Phase.FAILED):
            raise RefreshFailedError(
                f"the refresh of {', '.join(failed)} failed", features=failed
            )
        return False

    async def _look(self, *, after_request: bool = False) -> Account:
        account = await retrieve_account(
            self.sender, self.account, expand=self.expand, options=self.options
        )
        return self._seen(account, after_request=after_request)

    def _seen(self, account: Account, *, after_request: bool) -> Account:
        self.last = account
        self.freshness.observe(account, after_request=after_request)
        if self.on_progress:
            try:
                self.on_progress(account)
            except Exception:  # noqa: BLE001 - a callback's fault must not end the wait
                _log.exception("on_progress raised; the wait goes on")
        return account

    async def _start(self, patience: Patience) -> Account:
        """Start the refresh of each feature, or join the one that somebody else has
        started.
        """
        options, account = self.options, await self._look()
        while True:
            require_access(account)
            idle = self.freshness.in_phase(Phase.IDLE)
            if not idle:
                return account
            refusal, opening = None, opening_of(account, idle)
            if opening <= self.clock():
                account, refusal = await self._request(idle, options)
                if refusal is None:
                    return account
                # The idempotency key is used up: a request repeated with it would get
                # the same refusal again.
                options = options and evolve(options, idempotency_key=None)
                if access_error(account) or idle != self.freshness.in_phase(Phase.IDLE):
                    continue
                opening = opening_of(account, idle)
                # The server's clock counts. Without a time, or a permission, the
                # refusal has another reason.
                if not opening or not has_permission(account, idle):
                    raise refusal
            await self._wait_for(opening, refusal, patience)
            account = await self._look()

    async def _request(
        self, features: list[str], options: Any
    ) -> tuple[Account, InvalidRequestError | None]:
        wanted: Any = features
        try:
            account = await refresh_account(
                self.sender,
                self.account,
                features=wanted,
                expand=self.expand,
                options=options,
            )
        except (AccountInactiveError, IdempotencyError):
            raise
        except InvalidRequestError as error:
            refusal = error
        else:
            return self._seen(account, after_request=True), None
        return await self._look(after_request=True), refusal

    async def _wait_for(
        self, opening: int, refusal: InvalidRequestError | None, patience: Patience
    ) -> None:
        seconds = opening - self.clock()
        if (
            self.when_available
            and seconds < patience.left
            and await patience.pause(seconds)
        ):
            return
        said = f": {refusal.message}" if refusal else ""
        raise RefreshNotAvailableError(
            f"a refresh is not possible before {opening} (seconds since the epoch){said}",
            available_at=opening,
        ) from refusal

    def _deadline_error(self, seconds: float) -> DeadlineExceededError:
        statuses = [
            f"{feature} is {status_of(self.last, feature)}{self._age(feature)}"
            for feature in self.features
        ]
        return DeadlineExceededError(
            f"the refresh took longer than {seconds:g} s; when last seen, {', '.join(statuses)}",
            request_id=self.last.request_id if self.last else None,
        )

    def _age(self, feature: str) -> str:
        is_old = self.freshness.phases[feature] is Phase.IDLE and status_of(
            self.last, feature
        )
        return ", still by the previous refresh" if is_old else ""

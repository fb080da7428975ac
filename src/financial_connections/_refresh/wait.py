"""Refresh one account and wait for all its refreshes to finish."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, evolve, field

from financial_connections._generated.api.accounts import (
    refresh_account,
    retrieve_account,
)
from financial_connections._operation import operation
from financial_connections._refresh.freshness import Freshness, Phase
from financial_connections._refresh.notifier import RefreshNotifier
from financial_connections._refresh.polling import PollSchedule, poll_schedule
from financial_connections._refresh.status import (
    account_error,
    available_at,
    features_from,
    has_permission,
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
from financial_connections.events import OperationWoken

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account

_log = logging.getLogger("financial_connections")


@define(eq=False, kw_only=True)
class RefreshWait:
    """A wait for the refreshes of one account."""

    sender: Sender
    account: str
    features: tuple[str, ...] = field(converter=features_from)
    expand: Any
    options: RequestOptions | None
    timeout: float | None
    poll: float
    notifier: RefreshNotifier | None
    clock: Callable[[], float] = time.time
    on_progress: Callable[[Account], object] | None = None
    when_available: bool = False
    freshness: Freshness = field(init=False)
    latest: Account | None = None
    """The account as it was last read."""

    async def run(self, *, refresh: bool) -> Account:
        """Return the account once all features have been refreshed.

        Args:
            refresh: True to start a refresh and wait for it. False to wait for the
                latest refresh, which may already have ended.
        """
        name = "accounts." + ("refresh_and_wait" if refresh else "wait_for_refresh")
        with operation(self.sender, name):
            return await self.run_in(name, refresh=refresh)

    async def run_in(self, name: str, *, refresh: bool) -> Account:
        """Run the wait within an operation that has already started.

        Args:
            name: Name of the operation, for its events.
            refresh: True to start a refresh first.
        """

        def on_wakeup(context: Context) -> None:
            self.sender.emit(OperationWoken(operation=name, notified_in=context))

        notifier = self.notifier or RefreshNotifier()
        self.freshness = Freshness(self.features, accept_previous=not refresh)
        with notifier._listening(self.account, on_wakeup) as wakeup:
            schedule = poll_schedule(
                self.timeout, self.poll, wakeup if self.notifier else None
            )
            try:
                with anyio.move_on_after(schedule.limit):
                    account = await self._poll(schedule, refresh=refresh)
                    if account is not None:
                        return account
                raise self._deadline_error(schedule.timeout)
            except DeadlineExceededError as error:
                error.account = self.latest
                raise

    async def _poll(self, schedule: PollSchedule, *, refresh: bool) -> Account | None:
        account = await (self._start(schedule) if refresh else self._retrieve())
        while not self._is_refreshed(account):
            if not await schedule.wait():
                return None
            account = await self._retrieve()
        return account

    def _is_refreshed(self, account: Account) -> bool:
        if len(self.freshness.in_phase(Phase.SUCCEEDED)) == len(self.features):
            return True
        # Check the account first, because its status explains why refreshes fail.
        require_access(account)
        if failed := self.freshness.in_phase(Phase.FAILED):
            raise RefreshFailedError(
                f"the refresh of {', '.join(failed)} failed", features=failed
            )
        return False

    async def _retrieve(self, *, after_request: bool = False) -> Account:
        account = await retrieve_account(
            self.sender, self.account, expand=self.expand, options=self.options
        )
        self._observe(account, after_request=after_request)
        return account

    def _observe(self, account: Account, *, after_request: bool) -> None:
        self.latest = account
        self.freshness.observe(account, after_request=after_request)
        if self.on_progress:
            try:
                self.on_progress(account)
            except Exception:  # noqa: BLE001 - a faulty callback must not end the wait
                _log.exception("on_progress raised an error; the wait continues")

    async def _start(self, schedule: PollSchedule) -> Account:
        """Start a refresh of each feature, or join one that is already pending."""
        options, account = self.options, await self._retrieve()
        while True:
            require_access(account)
            idle = self.freshness.in_phase(Phase.IDLE)
            if not idle:
                return account
            error, opening = None, available_at(account, idle)
            if opening <= self.clock():
                account, error = await self._request(idle, options)
                if error is None:
                    return account
                # Another request with the same idempotency key would receive the same
                # error.
                options = options and evolve(options, idempotency_key=None)
                if account_error(account) or idle != self.freshness.in_phase(
                    Phase.IDLE
                ):
                    continue
                opening = available_at(account, idle)
                # The server's clock decides whether it is too early. Without a time, or
                # with a permission missing, the rejection has another reason.
                if not opening or not has_permission(account, idle):
                    raise error
            await self._wait_until(opening, error, schedule)
            account = await self._retrieve()

    async def _request(
        self, features: list[str], options: Any
    ) -> tuple[Account, InvalidRequestError | None]:
        """Request a refresh; if it is rejected, return the error and the account."""
        refresh_features: Any = features
        try:
            account = await refresh_account(
                self.sender,
                self.account,
                features=refresh_features,
                expand=self.expand,
                options=options,
            )
        except (AccountInactiveError, IdempotencyError):
            raise
        except InvalidRequestError as error:
            rejection = error
        else:
            self._observe(account, after_request=True)
            return account, None
        return await self._retrieve(after_request=True), rejection

    async def _wait_until(
        self, opening: int, error: InvalidRequestError | None, schedule: PollSchedule
    ) -> None:
        seconds = opening - self.clock()
        if (
            self.when_available
            and seconds < schedule.remaining
            and await schedule.wait(seconds)
        ):
            return
        reason = f": {error.message}" if error else ""
        raise RefreshNotAvailableError(
            f"a refresh is not possible before {opening} (seconds since the epoch)"
            f"{reason}",
            available_at=opening,
        ) from error

    def _deadline_error(self, seconds: float) -> DeadlineExceededError:
        statuses = [
            f"{feature}={status_of(self.latest, feature)}{self._age(feature)}"
            for feature in self.features
        ]
        return DeadlineExceededError(
            f"the refresh took longer than {seconds:g} s; "
            f"last known status: {', '.join(statuses)}",
            request_id=self.latest.request_id if self.latest else None,
        )

    def _age(self, feature: str) -> str:
        is_old = self.freshness.phases[feature] is Phase.IDLE and status_of(
            self.latest, feature
        )
        return " (from the previous refresh)" if is_old else ""

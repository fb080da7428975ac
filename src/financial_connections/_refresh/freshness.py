"""Tell a new refresh from the previous one. Pure.

An account may be read from a replica that lags behind, so a response can show an older
state than the one before it. A refresh is identified by its ID (only refreshes of
transactions have one) and by the time at which it was started.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from attrs import define

from financial_connections._refresh.status import refresh_of
from financial_connections.models import Account, RefreshStatus

_Mark = tuple[str | None, int | None]


class Phase(Enum):
    """Progress of the refresh of one feature."""

    IDLE = "idle"
    """No refresh has been started since the first look at the account."""
    RUNNING = "running"
    """A refresh has been started and its end has not been seen."""
    SUCCEEDED = "succeeded"
    """The new data is available."""
    FAILED = "failed"
    """The refresh failed and the previous data is unchanged."""


_ENDS = {RefreshStatus.SUCCEEDED: Phase.SUCCEEDED, RefreshStatus.FAILED: Phase.FAILED}


@define
class _Progress:
    started: bool
    """A refresh other than that of the first look is known to exist."""
    newest: _Mark | None = None
    """The newest refresh seen; None if the feature was never refreshed."""
    seen: bool = False

    def observe(self, refresh: Any, *, after_request: bool) -> Phase:
        mark = _mark_of(refresh)
        pending = getattr(refresh, "status", None) == RefreshStatus.PENDING
        if self.seen and _is_older(mark, self.newest):
            return Phase.RUNNING if self.started else Phase.IDLE
        if self.seen:
            # Right after a request, a pending refresh with the mark of the previous one
            # was started in the same second. At another time it is the previous one,
            # seen late. An ID tells them apart.
            is_restart = pending and after_request and not (mark and mark[0])
            self.started = self.started or is_restart or _differs(mark, self.newest)
        else:
            self.started = self.started or pending
        self.newest, self.seen = mark, True
        if not self.started:
            return Phase.IDLE
        return _ENDS.get(getattr(refresh, "status", None), Phase.RUNNING)  # type: ignore[arg-type]


class Freshness:
    """Follow the refreshes of an account from look to look.

    The first look defines what is old: a refresh that it shows as ended is not the one
    to wait for, unless `accept_previous` is set. A look that is older than one before
    it never ends a refresh.
    """

    def __init__(
        self, features: Iterable[str], *, accept_previous: bool = False
    ) -> None:
        self._progress = {
            feature: _Progress(started=accept_previous) for feature in features
        }
        self.phases = dict.fromkeys(self._progress, Phase.IDLE)
        """Phase of each feature in the latest look."""

    def observe(self, account: Account, *, after_request: bool = False) -> None:
        """Take note of a look at the account.

        Args:
            account: The account as it was seen.
            after_request: This is the response to the request for a refresh, or the look after its refusal.

        """
        for feature, progress in self._progress.items():
            self.phases[feature] = progress.observe(
                refresh_of(account, feature), after_request=after_request
            )

    def in_phase(self, phase: Phase) -> list[str]:
        """Return the features in the given phase."""
        return [feature for feature, current in self.phases.items() if current is phase]


def _mark_of(refresh: Any) -> _Mark | None:
    return (
        None
        if refresh is None
        else (getattr(refresh, "id", None), refresh.last_attempted_at)
    )


def _is_older(mark: _Mark | None, newest: _Mark | None) -> bool:
    if mark is None or newest is None:
        return mark is None and newest is not None
    return mark[1] is not None and newest[1] is not None and mark[1] < newest[1]


def _differs(mark: _Mark | None, newest: _Mark | None) -> bool:
    """Compare two marks; a refresh without ID and time cannot be compared and counts as
    another one.
    """
    return mark != newest or mark == (None, None)

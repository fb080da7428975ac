"""Distinguish a new refresh from the previous one. Pure.

An account may be read from a lagging replica, so a response can show an older state
than an earlier response did. A refresh is identified by its start time; a transaction
refresh also has an ID.
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
    """No refresh has started since the account was first read."""
    RUNNING = "running"
    """A refresh has started and is not known to have ended."""
    SUCCEEDED = "succeeded"
    """The refresh has succeeded and its data is available."""
    FAILED = "failed"
    """The refresh has failed and the previous data is unchanged."""


_ENDS = {RefreshStatus.SUCCEEDED: Phase.SUCCEEDED, RefreshStatus.FAILED: Phase.FAILED}


@define
class _Progress:
    started: bool
    """True if a refresh newer than the one in the first response is known to exist."""
    newest: _Mark | None = None
    """The newest known refresh; None if the feature has never been refreshed."""
    is_known: bool = False

    def observe(self, refresh: Any, *, after_request: bool) -> Phase:
        mark = _mark_of(refresh)
        pending = getattr(refresh, "status", None) == RefreshStatus.PENDING
        if self.is_known and _is_older(mark, self.newest):
            return Phase.RUNNING if self.started else Phase.IDLE
        if self.is_known:
            # A pending refresh can have the same mark as the previous one, unless it
            # has an ID. After a request, it is a new refresh that started in the same
            # second; otherwise, an outdated response shows the previous one.
            is_restart = pending and after_request and not (mark and mark[0])
            self.started = self.started or is_restart or _differs(mark, self.newest)
        else:
            self.started = self.started or pending
        self.newest, self.is_known = mark, True
        if not self.started:
            return Phase.IDLE
        return _ENDS.get(getattr(refresh, "status", None), Phase.RUNNING)  # type: ignore[arg-type]


class Freshness:
    """The state of an account's refreshes, updated with each response.

    A refresh that has already ended in the first response does not count, unless
    `accept_previous` is set. A response that is older than an earlier one never ends a
    refresh.
    """

    def __init__(
        self, features: Iterable[str], *, accept_previous: bool = False
    ) -> None:
        self._progress = {
            feature: _Progress(started=accept_previous) for feature in features
        }
        self.phases = dict.fromkeys(self._progress, Phase.IDLE)
        """Phase of each feature according to the latest response."""

    def observe(self, account: Account, *, after_request: bool = False) -> None:
        """Update the phases from a response.

        Args:
            account: The account in the response.
            after_request: True for the response to a refresh request, or for the first
                response after such a request was rejected.
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
    """Return True if the marks belong to different refreshes.

    A mark with neither an ID nor a time cannot be compared, and counts as different.
    """
    return mark != newest or mark == (None, None)

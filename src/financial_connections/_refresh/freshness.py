"""Distinguish a new refresh from the previous one. Pure.

An account may be read from a replica that lags behind, so a response can show an older
state than an earlier response. A refresh is identified by its start time and, if it is
a refresh of transactions, by its ID.
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
    """A refresh newer than the one of the first response is known to exist."""
    newest: _Mark | None = None
    """The newest refresh known; None if the feature has never been refreshed."""
    is_known: bool = False

    def observe(self, refresh: Any, *, after_request: bool) -> Phase:
        mark = _mark_of(refresh)
        pending = getattr(refresh, "status", None) == RefreshStatus.PENDING
        if self.is_known and _is_older(mark, self.newest):
            return Phase.RUNNING if self.started else Phase.IDLE
        if self.is_known:
            # A pending refresh with the mark of the previous one started in the same
            # second if it follows a request, and otherwise is the previous one in an
            # outdated response. With an ID, the marks of the two differ.
            is_restart = pending and after_request and not (mark and mark[0])
            self.started = self.started or is_restart or _differs(mark, self.newest)
        else:
            self.started = self.started or pending
        self.newest, self.is_known = mark, True
        if not self.started:
            return Phase.IDLE
        return _ENDS.get(getattr(refresh, "status", None), Phase.RUNNING)  # type: ignore[arg-type]


class Freshness:
    """Follows the refreshes of an account from one response to the next.

    A refresh that the first response shows as ended is not the one to wait for, unless
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
            after_request: True for the response to a request for a refresh, or for the
                first response after such a request was rejected.
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

    A mark without an ID and a time cannot be compared, and counts as different.
    """
    return mark != newest or mark == (None, None)

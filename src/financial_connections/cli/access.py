"""Describe the access to accounts in a few words, without I/O."""

from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections.cli import times

if TYPE_CHECKING:
    from financial_connections.models import (
        Account,
        ActiveAccountDetails,
        ActiveAuthorizationDetails,
        Authorization,
    )

_CAUSES = {
    "access_expired": "when the granted access expires",
    "institution_requirement": "as the institution requires",
    "unspecified": "for an unknown reason",
}


@frozen
class Access:
    """Access to the data of an account, or of all accounts of an authorization.

    Attributes:
        verdict: State of the access, such as `fine` or `relink`.
        deadline: Time at which access is expected to end, in seconds since the epoch;
            None if it is not known or has already ended.
        cause: Reason why access is expected to end; empty if access is not ending.
        style: Rich style that suits both light and dark terminals.
    """

    verdict: str
    deadline: int | None = None
    cause: str = ""
    style: str = ""

    @property
    def summary(self) -> str:
        """The verdict with its day, such as `relink by 2023-12-01`."""
        return f"{self.verdict} {times.day(self.deadline)}".rstrip()


def access_to(subject: "Account | Authorization") -> Access:
    """Summarize the access to an account, or to those of an authorization.

    Args:
        subject: Account or authorization, whose fields may all be None.

    Returns:
        `fine`; `until` the day on which access ends; `relink by` that day, if relinking
        preserves access; `relink: inactive`; `inactive`, if relinking does not help; or
        `disconnected`. A status or an action that this version does not know is
        returned unchanged.
    """
    status, details = subject.status, subject.status_details
    if status == "inactive":
        inactive = getattr(details, "inactive", None)  # sent for authorizations only
        cannot_relink = inactive is not None and inactive.action == "none"
        return Access("inactive" if cannot_relink else "relink: inactive", style="red")
    if status == "disconnected":
        return Access("disconnected", style="red")
    if details and details.active:
        return _ending(details.active)
    if status == "active":
        return Access("fine", style="green")
    return Access(status or "")


def _ending(details: "ActiveAccountDetails | ActiveAuthorizationDetails") -> Access:
    deadline = details.expected_deactivation_date
    if details.action in {None, "none"}:
        verdict = "ending" if deadline is None else "until"
    else:
        action = "relink" if details.action == "relink_required" else details.action
        verdict = f"{action}" if deadline is None else f"{action} by"
    cause = getattr(details, "cause", None) or ""
    return Access(verdict, deadline, _CAUSES.get(cause, cause), "yellow")

"""Describe the access to an account in a few words, without I/O."""

from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections.cli import times

if TYPE_CHECKING:
    from financial_connections.models import Account, ActiveAccountDetails

_CAUSES = {
    "access_expired": "when the granted access expires",
    "institution_requirement": "as the institution requires",
    "unspecified": "for an unknown reason",
}


@frozen
class Access:
    """Access to an account's data.

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


def access_to(account: "Account") -> Access:
    """Summarize the access to an account.

    Args:
        account: Account, whose fields may all be None.

    Returns:
        `fine`; `until` the day on which access ends; `relink by` that day, if relinking
        keeps the account active; `relink: inactive`; or `disconnected`. A status or an
        action that this version does not know is returned unchanged.
    """
    if account.status == "inactive":
        return Access("relink: inactive", style="red")
    if account.status == "disconnected":
        return Access("disconnected", style="red")
    details = account.status_details.active if account.status_details else None
    if details:
        return _ending(details)
    if account.status == "active":
        return Access("fine", style="green")
    return Access(account.status or "")


def _ending(details: "ActiveAccountDetails") -> Access:
    deadline = details.expected_deactivation_date
    if details.action in {None, "none"}:
        verdict = "ending" if deadline is None else "until"
    else:
        action = "relink" if details.action == "relink_required" else details.action
        verdict = f"{action}" if deadline is None else f"{action} by"
    cause = details.cause or ""
    return Access(verdict, deadline, _CAUSES.get(cause, cause), "yellow")

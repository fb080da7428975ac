"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.deactivation_cause import DeactivationCause
from financial_connections._generated.models.relink_action import RelinkAction


@frozen(kw_only=True, eq=False, repr=False)
class ActiveAccountDetails(Model):
    """Expected end of access to an active account."""

    action: RelinkAction = REQUIRED
    """Action that keeps the account active."""
    cause: DeactivationCause = REQUIRED
    """Reason why the account will probably become inactive."""
    expected_deactivation_date: int = REQUIRED
    """Time at which the account will probably become inactive, in seconds since the
    epoch.
    """

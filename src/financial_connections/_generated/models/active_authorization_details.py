"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.relink_action import RelinkAction


@frozen(kw_only=True, eq=False, repr=False)
class ActiveAuthorizationDetails(Model):
    """Expected end of an active authorization."""

    action: RelinkAction = REQUIRED
    """Action that keeps the authorization active."""
    expected_deactivation_date: int = REQUIRED
    """Time at which the authorization will probably become inactive, in seconds since
    the epoch.
    """

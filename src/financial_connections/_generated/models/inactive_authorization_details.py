"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.relink_action import RelinkAction


@frozen(kw_only=True, eq=False, repr=False)
class InactiveAuthorizationDetails(Model):
    """Action that reactivates an inactive authorization."""

    action: RelinkAction = REQUIRED
    """Action that reactivates the authorization."""

"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import Model
from financial_connections._generated.models.active_authorization_details import (
    ActiveAuthorizationDetails,
)
from financial_connections._generated.models.inactive_authorization_details import (
    InactiveAuthorizationDetails,
)


@frozen(kw_only=True, eq=False, repr=False)
class AuthorizationStatusDetails(Model):
    """Details of the status of an authorization.

    At most one of the fields is set, depending on the status.
    """

    active: ActiveAuthorizationDetails | None = None
    """Expected end of an active authorization; null if it is not expected to end."""
    inactive: InactiveAuthorizationDetails | None = None
    """Action that reactivates an inactive authorization."""

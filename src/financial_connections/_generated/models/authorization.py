"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.authorization_status import (
    AuthorizationStatus,
)
from financial_connections._generated.models.authorization_status_details import (
    AuthorizationStatusDetails,
)


@frozen(kw_only=True, eq=False, repr=False)
class Authorization(Model):
    """A user's login at an institution, through which a group of accounts was linked.

    Authorizations appear only in events.
    """

    id: str = REQUIRED
    """ID of the authorization (`fcauth_…`)."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    institution_name: str = field(default=REQUIRED, repr=False)
    """Name of the institution."""
    livemode: bool = REQUIRED
    """False if the object was created in test mode."""
    status: AuthorizationStatus = REQUIRED
    """Status of the authorization."""
    status_details: AuthorizationStatusDetails = REQUIRED
    """Details of the status."""

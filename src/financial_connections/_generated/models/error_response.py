"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.error_detail import ErrorDetail


@frozen(kw_only=True, eq=False, repr=False)
class ErrorResponse(Model):
    """Body of a response whose status indicates failure."""

    error: ErrorDetail = REQUIRED
    """The reason why the request failed."""

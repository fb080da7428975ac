"""Read and check the parameters of a request."""

from typing import Any

from financial_connections.sandbox.api.contract import Operation
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.expansion import check_expansion
from financial_connections.sandbox.api.form import parse_form
from financial_connections.sandbox.api.operations import CHECKS
from financial_connections.sandbox.api.validation import validate_object
from financial_connections.sandbox.api.versions import parameters_at
from financial_connections.sandbox.api.wire import Request

_FORM = "application/x-www-form-urlencoded"


def parameters_of(
    request: Request, operation: Operation, version: str
) -> dict[str, Any]:
    """Return the validated parameters from the query and the form."""
    content_type = request.headers.get("content-type", "")
    is_form = content_type.partition(";")[0].strip().lower() == _FORM
    if request.method == "POST" and not is_form:
        raise APIError(
            message=f"A POST request must have the content type {_FORM},"
            " even if it has no parameters."
        )
    body = request.body.decode("ascii", "backslashreplace") if is_form else ""
    schema = parameters_at(version, operation.name, operation.parameters)
    params = validate_object(parse_form(request.query, body), schema)
    check_expansion(params.get("expand", ()), operation.result)
    if operation.name in CHECKS:
        CHECKS[operation.name](params)
    return params

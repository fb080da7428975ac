"""Error responses of the API.

`error.type` has only four values. Authentication, permission and rate limit errors can
be recognised only by their status.

Source: https://docs.stripe.com/api/errors
"""

from typing import Any, Literal

from attrs import field, frozen

from financial_connections.sandbox.api.wire import Response

_HTML = (
    b"<html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1></body></html>\n"
)

ErrorType = Literal[
    "api_error", "card_error", "idempotency_error", "invalid_request_error"
]


@frozen(kw_only=True)
class APIError(Exception):
    """An error response: status, contents of the body, and additional headers."""

    message: str
    status: int = 400
    type: ErrorType = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(factory=dict[str, str])

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body. Only `type` is always present."""
        error = {
            "code": self.code,
            "doc_url": self.code
            and f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}",
            "message": self.message,
            "param": self.param,
            "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}",
            "type": self.type,
        }
        return {
            "error": {key: value for key, value in error.items() if value is not None}
        }


def missing_object(
    noun: str, object_id: str, *, param: str, status: int = 404
) -> APIError:
    """Return the error for an ID that is unknown or belongs to another merchant."""
    return APIError(
        status=status,
        code="resource_missing",
        message=f"No such {noun}: '{object_id}'",
        param=param,
    )


def unknown_parameter(key: str) -> APIError:
    """Return the error for a parameter unknown to the operation."""
    return APIError(
        code="parameter_unknown",
        message=f"Received unknown parameter: {key}",
        param=key,
    )


def missing_parameter(key: str) -> APIError:
    """Return the error for a required parameter that was not sent."""
    return APIError(
        code="parameter_missing", message=f"Missing required param: {key}.", param=key
    )


def empty_parameter(key: str) -> APIError:
    """Return the error for an empty string where a value is required."""
    return APIError(
        code="parameter_invalid_empty",
        message=f"You passed an empty string for '{key}'."
        " Pass a value or omit the parameter.",
        param=key,
    )


def bad_gateway(headers: dict[str, str]) -> Response:
    """Return the response of a proxy, whose body is not JSON."""
    return Response(502, {**headers, "Content-Type": "text/html"}, _HTML)

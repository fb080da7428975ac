import copy
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import financial_connections
from financial_connections import errors
from financial_connections._transport.status_error import error_from
from financial_connections.errors import (
    APIStatusError,
    FinancialConnectionsError,
)
from financial_connections.models import ErrorCode

ROOT = Path(__file__).parents[1]


def error_with(status=400, headers=None, **error):
    return error_from(
        status,
        {"request-id": "req_1"} | (headers or {}),
        json.dumps({"error": error}).encode(),
    )


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {}, errors.InvalidRequestError),
        (402, {"type": "card_error"}, errors.InvalidRequestError),
        (418, {}, errors.InvalidRequestError),
        (
            400,
            {"code": "financial_connections_account_inactive"},
            errors.AccountInactiveError,
        ),
        (
            400,
            {"code": "financial_connections_account_pending_account_numbers"},
            errors.AccountNumbersPendingError,
        ),
        (
            400,
            {"code": "financial_connections_account_unavailable_account_numbers"},
            errors.AccountNumbersUnavailableError,
        ),
        (
            400,
            {"code": "financial_connections_no_successful_transaction_refresh"},
            errors.TransactionsNotRefreshedError,
        ),
        (400, {"type": "idempotency_error"}, errors.IdempotencyError),
        (409, {"type": "idempotency_error"}, errors.IdempotencyError),
        (401, {}, errors.AuthenticationError),
        (403, {}, errors.PermissionDeniedError),
        (404, {}, errors.NotFoundError),
        (409, {"code": "lock_timeout"}, errors.ConflictError),
        (429, {"code": "rate_limit"}, errors.RateLimitError),
        (500, {"type": "api_error"}, errors.ServerError),
        (503, {}, errors.ServerError),
        (520, {}, errors.ServerError),
        (400, {"type": "brand_new_error"}, errors.InvalidRequestError),
        (400, {"type": ["not", "text"], "code": 7}, errors.InvalidRequestError),
        (302, {}, APIStatusError),
    ],
)
def test_type_and_code_take_precedence_over_the_status(status, error, expected):
    assert expected is type(error_with(status, **error))


@pytest.mark.parametrize("code", ErrorCode)
def test_the_page_names_the_error_of_every_code_of_the_contract(code):
    page = (ROOT / "docs/how-to/errors.md").read_text()
    name = code.removeprefix("financial_connections_")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    error_class = type(error_with(400, type="invalid_request_error", code=code))
    assert issubclass(error_class, errors.InvalidRequestError)
    assert f"`{error_class.__name__}`" == row.split("|")[2].strip()


def test_a_message_for_users_is_printable_masked_and_not_in_the_text():
    error = error_with(
        400, message="Declined.", user_message="Your bank\nsaid no: sk_live_CANARY\x07"
    )
    assert "Your bank said no: sk_live_***" == error.user_message
    assert "bank" not in str(error) + repr(error)
    assert error.user_message == pickle.loads(pickle.dumps(error)).user_message
    for value in (None, "", 5, ["x"]):
        assert error_with(400, user_message=value).user_message is None


def test_an_error_has_all_fields_of_the_response():
    error = error_with(
        400,
        {"stripe-should-retry": "false"},
        type="invalid_request_error",
        code="parameter_missing",
        message="Missing required param: features.",
        param="features",
        doc_url="https://stripe.com/docs/error-codes/parameter-missing",
        request_log_url="https://dashboard.stripe.com/test/logs/req_1",
    )
    assert ("invalid_request_error", "parameter_missing", "features") == (
        error.type,
        error.code,
        error.param,
    )
    assert "https://stripe.com/docs/error-codes/parameter-missing" == error.doc_url
    assert "https://dashboard.stripe.com/test/logs/req_1" == error.request_log_url
    assert (400, "req_1", False) == (error.status, error.request_id, error.retryable)
    assert "Missing required param: features." == error.message
    assert (
        "Missing required param: features. "
        "(status 400, code parameter_missing, param features, request req_1)"
        == str(error)
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "HTTP 502"),
        (
            b"<html><style>x{}</style><h1>Bad\r\n\x1b[31mGateway</h1></html>",
            "Bad [31mGateway",
        ),
        (b'{"error": "invalid_client"}', "invalid_client"),
        (b'["no", "object"]', "HTTP 502"),
        (b'{"error": null}', "HTTP 502"),
        (b'{"error": {"message": null}}', "HTTP 502"),
        (b'{"error": {"message": "a\\u0000b\\nc"}}', "a b c"),
        (b"[" * 100_000, "[" * 499 + "…"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 1_000_000, "x" * 499 + "…"),
    ],
)
def test_any_body_results_in_a_short_printable_message(content, message):
    error = error_from(502, {"request-id": "req_1"}, content)
    assert errors.ServerError is type(error)
    assert (message, "req_1") == (error.message, error.request_id)
    assert str(error).isprintable()


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.from_type(type(None)).map(lambda _: b'{"error":{}}')
)
def test_any_json_body_results_in_an_error(content):
    error = error_from(500, {}, content)
    assert str(error).isprintable()
    assert len(str(error)) < 700


def test_a_secret_in_the_message_is_masked():
    error = error_with(
        401,
        message="Invalid key sk_live_abc123XYZ and rk_test_9 and whsec_Zz9+/= and "
        "fcsess_1_secret_2",
    )
    assert (
        "Invalid key sk_live_*** and rk_test_*** and whsec_*** and fcsess_1_secret_***"
        == error.message
    )


def test_a_secret_in_the_response_appears_nowhere_in_the_error():
    error = error_with(
        401,
        message="sk_live_CANARY",
        param="sk_live_CANARY",
        extra={"a": ["sk_live_CANARY"]},
    )
    assert "CANARY" not in repr(vars(error))
    assert b"CANARY" not in pickle.dumps(error)


def every_error():
    def below(cls):
        return [cls, *(sub for child in cls.__subclasses__() for sub in below(child))]

    return sorted(
        {
            cls
            for cls in below(FinancialConnectionsError)
            if not cls.__name__.startswith("_")
        },
        key=str,
    )


@pytest.mark.parametrize("error_class", every_error())
def test_every_error_is_public_and_can_be_pickled_and_copied(error_class):
    assert error_class is getattr(financial_connections, error_class.__name__)
    error = error_class("what happened")
    error.request_id = "req_1"
    for twin in (
        pickle.loads(pickle.dumps(error)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert (error_class, str(error), vars(error)) == (
            type(twin),
            str(twin),
            vars(twin),
        )


def test_a_status_error_is_pickled_with_all_its_fields():
    error = error_from(
        429,
        {"retry-after": "3", "stripe-rate-limited-reason": "global-rate"},
        b"{}",
        attempts=3,
    )
    twin = pickle.loads(pickle.dumps(error))
    assert vars(error) == vars(twin)
    assert (3, "global-rate", 3, True) == (
        twin.retry_after,
        twin.rate_limit_reason,
        twin.attempts,
        twin.retryable,
    )


@pytest.mark.parametrize(
    ("error_class", "builtin"),
    [
        (errors.ConfigurationError, ValueError),
        (errors.InvalidArgumentError, ValueError),
        (errors.APIConnectionError, ConnectionError),
        (errors.APITimeoutError, TimeoutError),
        (errors.DeadlineExceededError, TimeoutError),
        (errors.NotExpandedError, LookupError),
        (errors.WebhookSignatureError, ValueError),
        (errors.WebhookVersionError, ValueError),
    ],
)
def test_errors_derive_from_standard_library_errors(error_class, builtin):
    assert issubclass(error_class, builtin)

"""What goes wrong is one line and a documented status."""

import errno
from traceback import TracebackException

import pytest
import typer

from financial_connections.cli import failure
from financial_connections.cli.usage import UsageError
from financial_connections.errors import (
    AccountInactiveError,
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    RefreshFailedError,
    ServerError,
    WebhookSignatureError,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("no"), 2),
        (ConfigurationError("no"), 2),
        (InvalidArgumentError("no"), 2),
        (typer.BadParameter("no"), 2),
        (AuthenticationError("no", status=401), 3),
        (PermissionDeniedError("no", status=403), 3),
        (WebhookSignatureError("no"), 3),
        (NotFoundError("no", status=404), 4),
        (AccountInactiveError("no", status=400), 4),
        (ServerError("no", status=500), 4),
        (APIResponseError("no"), 4),
        (PaginationError("no"), 4),
        (RefreshFailedError("no"), 4),
        (APIConnectionError("no"), 5),
        (APITimeoutError("no"), 5),
        (DeadlineExceededError("no"), 5),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (FileNotFoundError(errno.ENOENT, "No such file", "key.txt"), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
        (ValueError("a bug"), 1),
    ],
)
def test_every_error_has_its_status(error, status):
    assert status == failure.failure_from(error).status


def test_a_refusal_is_told_with_code_request_and_advice():
    body = {
        "error": {
            "message": "No such account",
            "code": "resource_missing",
            "type": "invalid_request_error",
        }
    }
    told = failure.failure_from(
        NotFoundError(status=404, body=body, request_id="req_1")
    ).text
    assert told.startswith(
        "No such account (status 404, code resource_missing, request req_1); check the id"
    )


def test_notes_come_last():
    error = APIConnectionError("the connection broke")
    error.add_note("1,200 transactions are kept: --resume goes on after them")
    assert failure.failure_from(error).text.endswith(
        "; 1,200 transactions are kept: --resume goes on after them"
    )


def test_a_failure_is_one_line_that_cannot_steer_a_terminal():
    assert "no�[2J more" == failure.failure_from(UsageError("no\x1b[2J\nmore")).text


def test_a_disk_that_is_full_is_told():
    assert (
        "No space left on device"
        == failure.failure_from(OSError(errno.ENOSPC, "No space left on device")).text
    )


def test_the_text_of_a_bug_is_not_told():
    error = ValueError("could not read 'Rent, Sandbox Street'")
    assert "Rent" not in failure.failure_from(error).text
    assert "ValueError" in failure.failure_from(error).text


def _bug(secret):
    try:
        {}[secret]
    except KeyError as error:
        raise ValueError(f"not {secret}") from error


def test_the_places_of_an_error_have_its_causes_but_no_texts():
    with pytest.raises(ValueError, match="not") as raised:
        _bug("-".join("abc"))
    told = failure.places(raised.value)
    assert "a-b-c" not in told
    assert "_bug" in told
    assert (
        told.index("KeyError\n") < told.index("\nled to\n") < told.index("ValueError\n")
    )
    assert "a-b-c" in "".join(TracebackException.from_exception(raised.value).format())

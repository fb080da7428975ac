"""Errors are reported as one line and a documented status."""

import errno
from traceback import TracebackException

import pytest
import typer

from financial_connections.cli.failure import (
    UsageError,
    failure_from,
    format_traceback,
)
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
    TransactionsNotRefreshedError,
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
def test_each_error_maps_to_its_status(error, status):
    assert status == failure_from(error).status


def test_missing_transactions_are_shown_with_the_command_that_fetches_them():
    error = TransactionsNotRefreshedError("no", status=400)
    assert failure_from(error).status == 4
    assert "fincon accounts refresh" in failure_from(error).text


def test_an_api_error_is_shown_with_code_request_id_and_advice():
    body = {
        "error": {
            "message": "No such account",
            "code": "resource_missing",
            "type": "invalid_request_error",
        }
    }
    error = NotFoundError(status=404, body=body, request_id="req_1")
    assert failure_from(error).text.startswith(
        "No such account (status 404, code resource_missing, request req_1);"
        " check the ID"
    )


@pytest.mark.parametrize(
    "error_class", [APIConnectionError, APITimeoutError, DeadlineExceededError]
)
def test_a_connection_error_names_options_of_the_command_only(error_class):
    error = error_class("no response", hint="check base_url=")
    assert failure_from(error).text == (
        "no response; check the network, --base-url and --timeout"
    )


def test_notes_come_last():
    error = APIConnectionError("the connection broke")
    note = "1,200 transactions were kept; continue with --resume"
    error.add_note(note)
    assert failure_from(error).text.endswith(f"; {note}")


def test_a_failure_is_one_line_without_control_characters():
    assert "no�[2J more" == failure_from(UsageError("no\x1b[2J\nmore")).text


def test_a_full_disk_is_reported():
    error = OSError(errno.ENOSPC, "No space left on device")
    assert "No space left on device" == failure_from(error).text


def test_the_message_of_a_bug_is_omitted():
    text = failure_from(ValueError("could not read 'Rent, Sandbox Street'")).text
    assert "Rent" not in text
    assert "ValueError" in text


def _fail(secret):
    try:
        {}[secret]
    except KeyError as error:
        raise ValueError(f"not {secret}") from error


def test_a_traceback_includes_causes_but_no_messages():
    with pytest.raises(ValueError, match="not") as raised:
        _fail("-".join("abc"))
    text = format_traceback(raised.value)
    assert "a-b-c" not in text
    assert "_fail" in text
    cause, link, error = (
        text.index(part) for part in ("KeyError\n", "\ncaused\n", "ValueError\n")
    )
    assert cause < link < error
    assert "a-b-c" in "".join(TracebackException.from_exception(raised.value).format())

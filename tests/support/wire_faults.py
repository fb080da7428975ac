"""Faulty responses on the wire, and the errors they cause."""

import gzip
import json

from financial_connections import (
    AccountInactiveError,
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    AuthenticationError,
    ConflictError,
    IdempotencyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from tests.support.servers import http_response


def http_error(status, headers=b"", **error):
    return http_response(
        json.dumps({"error": error}).encode(), b"%d X" % status, headers
    )


def gzipped(content):
    return http_response(gzip.compress(content), headers=b"Content-Encoding: gzip\r\n")


OPEN, CLOSE, RST = "open", "close", "rst"

# name: what the server sends, what it does next, the error, the attempts
FAULTS = {
    "reset before the status line": (b"", RST, APIConnectionError, 3),
    "closed before the status line": (b"", CLOSE, APIConnectionError, 3),
    "reset in the headers": (
        b"HTTP/1.1 200 OK\r\nContent-Le",
        RST,
        APIConnectionError,
        3,
    ),
    "reset in the body": (http_response()[:-4], RST, APIConnectionError, 3),
    "closed in the body": (http_response()[:-4], CLOSE, APIConnectionError, 3),
    "garbage": (b"\x00\xff garbage\r\n\r\n", CLOSE, APIConnectionError, 3),
    "HTTP/0.9": (b"<html>hello</html>", CLOSE, APIConnectionError, 3),
    "two different lengths": (
        http_response(headers=b"Content-Length: 99\r\n"),
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a negative length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a 1 MiB header": (
        http_response(headers=b"X-Long: %s\r\n" % (b"x" * 1_048_576)),
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a bad chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        CLOSE,
        APIConnectionError,
        3,
    ),
    "chunks that end too early": (
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n',
        CLOSE,
        APIConnectionError,
        3,
    ),
    "bad gzip": (
        http_response(b"not gzip", headers=b"Content-Encoding: gzip\r\n"),
        OPEN,
        APIResponseError,
        3,
    ),
    "truncated gzip": (
        http_response(
            gzip.compress(b"{}" * 500)[:-12], headers=b"Content-Encoding: gzip\r\n"
        ),
        OPEN,
        APIResponseError,
        3,
    ),
    "an unsolicited content coding": (
        http_response(headers=b"Content-Encoding: br\r\n"),
        OPEN,
        APIResponseError,
        1,
    ),
    "a body too large": (
        http_response(b" " * 70_000 + b"{}"),
        OPEN,
        APIResponseError,
        1,
    ),
    "a gzipped body too large": (
        gzipped(b" " * 70_000 + b"{}"),
        OPEN,
        APIResponseError,
        1,
    ),
    "an empty 200": (http_response(b""), OPEN, APIResponseError, 3),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", OPEN, APIResponseError, 3),
    "304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", OPEN, APIStatusError, 1),
    "an HTML 200": (http_response(b"<html>hi</html>"), OPEN, APIResponseError, 3),
    "truncated JSON": (http_response(b'{"id": "fca'), OPEN, APIResponseError, 3),
    "a JSON scalar": (http_response(b"5"), OPEN, APIResponseError, 1),
    "a JSON null": (http_response(b"null"), OPEN, APIResponseError, 1),
    "a redirect": (
        http_response(
            status=b"302 Found", headers=b"Location: http://127.0.0.1:1/\r\n"
        ),
        OPEN,
        APIStatusError,
        1,
    ),
    "400": (http_error(400), OPEN, InvalidRequestError, 1),
    "400 inactive": (
        http_error(400, code="financial_connections_account_inactive"),
        OPEN,
        AccountInactiveError,
        1,
    ),
    "400 idempotency": (
        http_error(400, type="idempotency_error"),
        OPEN,
        IdempotencyError,
        1,
    ),
    "401": (http_error(401), OPEN, AuthenticationError, 1),
    "402": (http_error(402), OPEN, InvalidRequestError, 1),
    "403": (http_error(403), OPEN, PermissionDeniedError, 1),
    "404": (http_error(404), OPEN, NotFoundError, 1),
    "409": (http_error(409), OPEN, ConflictError, 1),
    "409 lock_timeout": (http_error(409, code="lock_timeout"), OPEN, ConflictError, 3),
    "409 key in use": (
        http_error(409, code="idempotency_key_in_use"),
        OPEN,
        ConflictError,
        3,
    ),
    "415": (http_error(415), OPEN, InvalidRequestError, 1),
    "422": (http_error(422), OPEN, InvalidRequestError, 1),
    "429": (http_error(429), OPEN, RateLimitError, 3),
    "429 with a wait": (
        http_error(429, b"Retry-After: 2\r\n"),
        OPEN,
        RateLimitError,
        3,
    ),
    "429 with a long wait": (
        http_error(429, b"Retry-After: 3600\r\n"),
        OPEN,
        RateLimitError,
        1,
    ),
    "429 with two waits": (
        http_error(429, b"Retry-After: 3600\r\nRetry-After: 1\r\n"),
        OPEN,
        RateLimitError,
        3,
    ),
    "500": (http_error(500), OPEN, ServerError, 3),
    "500 not to be retried": (
        http_error(500, b"Stripe-Should-Retry: false\r\n"),
        OPEN,
        ServerError,
        1,
    ),
    "an HTML 502": (
        http_response(b"<h1>Bad gateway</h1>", b"502 Bad Gateway"),
        OPEN,
        ServerError,
        3,
    ),
    "520": (http_response(b"", b"520 Unknown"), OPEN, ServerError, 3),
}

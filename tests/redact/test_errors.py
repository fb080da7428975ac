"""Errors and notices mask secrets that are quoted in a response."""

import copy
import json
import pickle
import warnings
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import APIStatusError, AsyncClient, RequestOptions
from financial_connections._transport.response import Response
from financial_connections._transport.status_error import error_from
from tests.support.keys import KEYS, assert_masked, draw_escaped, unescape


@st.composite
def responses(draw):
    """Draw a key and a response that quotes it in several places."""
    key = draw(KEYS)
    filler = st.text("ab \"'<>&%\\{}[]:,é😀", max_size=12)

    def quote_key():
        return (
            json.dumps(draw(filler))[1:-1]
            + draw_escaped(draw, key, in_json=True)
            + json.dumps(draw(filler))[1:-1]
        )

    fields = [
        "message",
        "param",
        "code",
        "type",
        "doc_url",
        "request_log_url",
        "other",
        quote_key(),
    ]
    error = ",".join(
        f'"{name}":"{quote_key()}"'
        for name in draw(st.lists(st.sampled_from(fields), unique=True))
    )
    body = draw(
        st.sampled_from(
            [
                f'{{"error":{{{error}}}}}',
                f'{{"error":"{quote_key()}"}}',
                f'[["{quote_key()}"], {{"a": {{"b": ["{quote_key()}"]}}}}]',
                f'{{"error":{{{error}}}',
                f"<html><h1>{quote_key()}</h1>{quote_key()}</html>",
            ]
        )
    )
    headers = {
        "request-id": draw_escaped(draw, key, in_json=False),
        "x-echo": draw(filler) + draw_escaped(draw, key, in_json=False),
    }
    return key, headers, body.encode()


@given(responses())
def test_a_key_quoted_by_a_response_is_masked_in_the_error(response):
    key, headers, body = response
    assert_masked(key, error_from(401, headers, body, secrets=[key], attempts=1))


@given(KEYS, st.integers(0, 60))
def test_a_key_at_the_end_of_truncated_text_is_masked(key, before):
    page = "x" * (20_000 - before) + key + "y" * 30
    error = error_from(502, {}, page.encode(), secrets=[key])
    assert all(key[:length] not in error.body for length in range(9, len(key) + 1))


def test_the_prefix_of_a_key_is_kept():
    error = error_from(
        401,
        {},
        b'{"error": {"message": "Invalid: sk_org_live_a.b.c"}}',
        secrets=["sk_org_live_a.b.c"],
    )
    assert "Invalid: sk_org_***" == error.message


def test_a_numeric_key_is_masked_as_text_and_as_number():
    content = (
        b'{"error": {"message": "1234567890", "key": 1234567890,'
        b' "other": 1234567891, "yes": true}}'
    )
    error = error_from(401, {}, content, secrets=["1234567890"])
    assert {
        "message": "***",
        "key": "***",
        "other": 1234567891,
        "yes": True,
    } == error.body["error"]


def test_a_very_large_error_body_is_kept_as_truncated_text():
    content = b'{"error": {"message": "sk_test_abc' + b" " * 2**20 + b'"}}'
    error = error_from(400, {}, content)
    assert error.body.startswith('{"error": {"message": "sk_test_*** ')
    assert len(error.body) <= 20_000


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [10, 900])
def test_an_error_with_a_deeply_nested_body_can_be_pickled_and_copied(brackets, depth):
    opening, closing = brackets
    value = opening * depth + '"sk_test_HIDDEN"' + closing * depth
    content = f'{{"error": {value}}}'.encode()
    error = error_from(400, {}, content, secrets=["sk_test_HIDDEN"])
    assert isinstance(error.body, dict)
    error.add_note("a note")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(error, protocol)
        assert b"HIDDEN" not in data
        assert innermost(pickle.loads(data).body) == "sk_test_***"
    for duplicate in (
        copy.copy(error),
        copy.deepcopy(error),
        copy.deepcopy(copy.deepcopy(error)),
    ):
        assert (type(error), str(error), ["a note"]) == (
            type(duplicate),
            str(duplicate),
            duplicate.__notes__,
        )
        assert innermost(duplicate.body) == "sk_test_***"
    assert copy.deepcopy(error).body is not error.body


def innermost(value):
    while not isinstance(value, str):
        value = value[0] if isinstance(value, list) else next(iter(value.values()))
    return value


def test_an_error_created_with_any_body_can_be_pickled():
    error = APIStatusError("what", body=("a", {"b": [1]}))
    assert ("a", {"b": [1]}) == pickle.loads(pickle.dumps(error)).body


def echo(request):
    key = request.headers["Authorization"].removeprefix("Bearer ")
    error = {
        "type": "x",
        "message": f"no {key}",
        "param": key,
        "code": key,
        "doc_url": f"https://{key}",
        key: [key],
    }
    headers = {
        "X-Echo": f"Bearer {key}",
        "Request-Id": key,
        "Stripe-Notice": f"do not use {quote(key, safe='')}",
    }
    return httpx.Response(400, json={"error": error}, headers=headers)


@pytest.mark.parametrize(
    "key", ["sk_org_live_SECRETKEY", "sk_test_SECRETKEY", "a-key.of/ANOTHER-kind"]
)
@pytest.mark.parametrize("of_call", [False, True])
async def test_the_api_key_of_a_call_is_masked_in_errors_and_notices(key, of_call):
    options = RequestOptions(api_key=key) if of_call else None
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(echo)) as http,
        AsyncClient("sk_test_other" if of_call else key, http_client=http) as client,
    ):
        with (
            warnings.catch_warnings(record=True) as notices,
            pytest.raises(APIStatusError) as caught,
        ):
            warnings.simplefilter("always")
            await client.accounts.retrieve("fca_1", options=options)
    assert_masked(key, caught.value)
    assert "***" in str(caught.value)
    assert caught.value.headers["x-echo"].endswith("***")
    assert 1 == len(notices)
    assert key not in unescape(str(notices[0].message))


def test_the_repr_of_a_response_has_no_headers_or_content():
    response = Response(200, {"x-echo": "sk_test_1"}, b"sk_test_1", "req_1")
    assert "sk_test_1" not in repr(response)

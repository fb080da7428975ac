"""Secrets in responses: the key that was sent, and whatever looks like a secret, in any
spelling.
"""

import copy
import json
import pickle
import re
import warnings
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import APIStatusError, AsyncClient, RequestOptions
from financial_connections._redact import Mask, flatten, restore, sanitize
from financial_connections._transport.response import Response
from financial_connections.errors import error_from

ALPHABET = "abcXYZ0189_-.+/=~!"
KEYS = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "sk_test_",
            "sk_live_",
            "rk_live_",
            "sk_org_live_",
            "rk_org_test_",
            "sk_org_",
            "",
            "mock-",
        ]
    ),
    st.text(ALPHABET, min_size=8, max_size=40).filter(
        lambda text: text.strip("_-.+/=~!") != ""
    ),
)


def spelled(draw, key, *, in_json):
    """Write each character in one of the ways that a server could."""
    ways = [
        lambda c: c,
        lambda c: f"%{ord(c):02X}",
        lambda c: f"%{ord(c):02x}",
        lambda c: f"&#{ord(c)};",
    ]
    ways += [lambda c: f"&#x{ord(c):X};", lambda c: f"%25{ord(c):02x}"]
    if in_json:
        ways += [
            lambda c: f"\\u{ord(c):04x}",
            lambda c: f"\\u{ord(c):04X}",
            lambda c: "\\/" if c == "/" else c,
        ]
    return "".join(draw(st.sampled_from(ways))(character) for character in key)


ESCAPES = re.compile(
    r"%([0-9A-Fa-f]{2})|\\+u([0-9A-Fa-f]{4})|&#([0-9]{1,6});|&#[xX]([0-9A-Fa-f]{1,5});|\\+(/)"
)


def decoded(text):
    """Undo all escapes, several times over, as somebody might who finds the text in a
    log.
    """

    def character(match):
        for number, base in enumerate((16, 16, 10, 16), start=1):
            if match[number]:
                return chr(int(match[number], base) % 0x11_0000)
        return "/"

    for _ in range(3):
        text = ESCAPES.sub(character, text)
    return text


def shown(error):
    yield from (str(error), repr(error), repr(vars(error)), str(error.__reduce__()))
    yield pickle.dumps(error).decode("latin-1")
    yield pickle.dumps(copy.deepcopy(error), protocol=0).decode("latin-1")


def assert_hidden(key, error):
    for text in shown(error):
        assert key not in text
        assert key not in decoded(text)


@st.composite
def responses(draw):
    """Draw a key, and a response that quotes it anywhere."""
    key = draw(KEYS)
    filler = st.text("ab \"'<>&%\\{}[]:,é😀", max_size=12)

    def quoting():
        return (
            json.dumps(draw(filler))[1:-1]
            + spelled(draw, key, in_json=True)
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
        quoting(),
    ]
    error = ",".join(
        f'"{name}":"{quoting()}"'
        for name in draw(st.lists(st.sampled_from(fields), unique=True))
    )
    body = draw(
        st.sampled_from(
            [
                f'{{"error":{{{error}}}}}',
                f'{{"error":"{quoting()}"}}',
                f'[["{quoting()}"], {{"a": {{"b": ["{quoting()}"]}}}}]',
                f'{{"error":{{{error}}}',
                f"<html><h1>{quoting()}</h1>{quoting()}</html>",
            ]
        )
    )
    headers = {
        "request-id": spelled(draw, key, in_json=False),
        "x-echo": draw(filler) + spelled(draw, key, in_json=False),
    }
    return key, headers, body.encode()


@given(responses())
def test_a_key_that_a_response_quotes_is_nowhere_in_the_error(response):
    key, headers, body = response
    assert_hidden(key, error_from(401, headers, body, secrets=[key], attempts=1))


@given(KEYS, st.integers(0, 60))
def test_a_key_at_the_end_of_the_text_that_is_kept_is_masked(key, before):
    page = "x" * (20_000 - before) + key + "y" * 30
    error = error_from(502, {}, page.encode(), secrets=[key])
    assert all(key[:length] not in error.body for length in range(9, len(key) + 1))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sk_org_live_abc.", "sk_org_***."),
        ("(rk_org_test_abc)", "rk_org_***"),
        ("sk_org_abc", "sk_org_***"),
        ("ek_live_abc", "ek_live_***"),
        (r"\u0073k_test_abc", r"\u0073k_test_***"),
        (r"\n\u0073k\u005Ftest_abc", r"\n\u0073k\u005Ftest_***"),
        ("key%3Dsk_test_abc%20", "key%3Dsk_test_***"),
        ("%73k%5flive%5fabc", "%73k%5flive%5f***"),
        ("&#115;k_live_abc", "&#115;k_live_***"),
        ("my_sk_live_abc", "my_sk_live_***"),
        ("whsec_abc fcsess_1_secret_abc", "whsec_*** fcsess_1_secret_***"),
        ("the task_test_1 is no secret", "the task_test_1 is no secret"),
        ("100 % of sk_live_ and & and \\", "100 % of sk_live_ and & and \\"),
    ],
)
def test_whatever_looks_like_a_secret_is_masked(text, masked):
    result = Mask()(text)
    assert masked.strip("()") in result
    assert "abc" not in result


def test_the_keys_kind_is_kept():
    error = error_from(
        401,
        {},
        b'{"error": {"message": "Invalid: sk_org_live_a.b.c"}}',
        secrets=["sk_org_live_a.b.c"],
    )
    assert "Invalid: sk_org_***" == error.message


def test_a_short_value_is_masked_only_as_a_word():
    assert "*** or a1b is *** ." == Mask(["a1"])("a1 or a1b is a1 .")


def test_a_key_of_digits_is_masked_as_a_number():
    content = b'{"error": {"message": "1234567890", "key": 1234567890, "other": 1234567891, "yes": true}}'
    error = error_from(401, {}, content, secrets=["1234567890"])
    assert {
        "message": "***",
        "key": "***",
        "other": 1234567891,
        "yes": True,
    } == error.body["error"]


def test_a_mask_shows_nothing():
    assert "Mask(***)" == repr(Mask(["sk_test_1"]))


@pytest.mark.parametrize(
    "hostile", ["%", "\\", "&#0", "sk_", "%25", "_secret_", "\\u0073k_test_"]
)
def test_a_hostile_text_is_masked_in_bounded_time(hostile):
    """Quadratic time would take minutes here."""
    Mask(["sk_live_" + "a" * 99])(hostile * (300_000 // len(hostile)))


def test_a_body_that_is_too_large_for_an_error_of_stripes_is_text():
    content = b'{"error": {"message": "sk_test_abc' + b" " * 2**20 + b'"}}'
    error = error_from(400, {}, content)
    assert error.body.startswith('{"error": {"message": "sk_test_*** ')
    assert len(error.body) <= 20_000


# -- deep bodies -----------------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON)
def test_a_value_is_restored_from_its_parts(value):
    assert repr(value) == repr(restore(flatten(value)))


@pytest.mark.parametrize("opening", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [10, 900])
def test_an_error_with_a_deep_body_pickles_and_copies(opening, depth):
    content = f'{{"error": {opening[0] * depth}"sk_test_HIDDEN"{opening[1] * depth}}}'.encode()
    error = error_from(400, {}, content, secrets=["sk_test_HIDDEN"])
    assert isinstance(error.body, dict)
    error.add_note("a note")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(error, protocol)
        assert b"HIDDEN" not in data
        assert innermost(pickle.loads(data).body) == "sk_test_***"
    for twin in (
        copy.copy(error),
        copy.deepcopy(error),
        copy.deepcopy(copy.deepcopy(error)),
    ):
        assert (type(error), str(error), ["a note"]) == (
            type(twin),
            str(twin),
            twin.__notes__,
        )
        assert innermost(twin.body) == "sk_test_***"
    assert copy.deepcopy(error).body is not error.body


def innermost(value):
    while not isinstance(value, str):
        value = value[0] if isinstance(value, list) else next(iter(value.values()))
    return value


def test_an_error_with_a_body_of_the_callers_own_pickles():
    error = APIStatusError("what", body=("a", {"b": [1]}))
    assert ("a", {"b": [1]}) == pickle.loads(pickle.dumps(error)).body


# -- over the client -------------------------------------------------------------------


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
async def test_the_key_that_was_sent_is_masked_wherever_the_response_quotes_it(
    key, of_call
):
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
    assert_hidden(key, caught.value)
    assert "***" in str(caught.value)
    assert caught.value.headers["x-echo"].endswith("***")
    assert 1 == len(notices)
    assert key not in decoded(str(notices[0].message))


def test_a_response_shows_neither_headers_nor_content():
    answer = Response(200, {"x-echo": "sk_test_1"}, b"sk_test_1", "req_1")
    assert "sk_test_1" not in repr(answer)


@given(st.text(), KEYS)
def test_a_printable_line_has_no_key(text, key):
    assert key not in sanitize(f"{text}{key}{text}", secrets=[key])

"""Responses in different character encodings."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import APIResponseError, AsyncClient
from financial_connections._decoding import ContentError
from financial_connections._decoding.charset import to_utf8
from tests.support.samples import ACCOUNT

TEXT = '{"display_name": "Café"}'
JSON = "application/json"


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ("utf-8", None),
        ("utf-8", ""),
        ("utf-8", JSON),
        ("utf-8", f"{JSON}; charset=utf-8"),
        ("utf-8", f"{JSON}; charset=UTF8"),
        ("utf-8-sig", None),
        ("utf-8-sig", f"{JSON}; charset=utf-8"),
        ("iso-8859-1", f"{JSON}; charset=iso-8859-1"),
        ("iso-8859-1", f'{JSON};CHARSET = "Latin1" ; x=y'),
        ("cp1252", f"{JSON}; charset=windows-1252"),
        ("utf-16", f"{JSON}; charset=utf-16"),
        ("utf-16-le", f"{JSON}; charset=utf-16le"),
        # UTF-8 is decoded even if the declared charset is unknown or wrong.
        ("utf-8", f"{JSON}; charset=klingon"),
        ("utf-8", f"{JSON}; charset=us-ascii"),
        ("utf-8", f"{JSON}; charset="),
        ("utf-8", f"{JSON}; charset=\x00"),
        # Python codecs that are not charsets.
        *(
            ("utf-8", f"{JSON}; charset={codec}")
            for codec in ("zlib", "hex", "rot13", "unicode_escape", "idna")
        ),
    ],
)
def test_a_declared_charset_is_decoded(charset, content_type):
    assert TEXT.encode() == to_utf8(TEXT.encode(charset), content_type)


@pytest.mark.parametrize(
    "content_type", [None, JSON, f"{JSON}; charset=utf-8", f"{JSON}; charset=klingon"]
)
@pytest.mark.parametrize(
    "content",
    [TEXT.encode("iso-8859-1"), TEXT.encode("utf-16"), b'{"a": "\xed\xa0\x80"}'],
)
def test_content_in_neither_utf8_nor_the_declared_charset_is_rejected(
    content, content_type
):
    with pytest.raises(ContentError, match="not UTF-8") as caught:
        to_utf8(content, content_type)
    assert caught.value.__context__ is None


@given(
    st.binary(),
    st.text()
    | st.sampled_from(["utf-16", "utf-7", "shift_jis"]).map(
        f"{JSON}; charset={{}}".format
    ),
)
def test_any_content_is_converted_to_utf8_or_rejected(content, content_type):
    try:
        result = to_utf8(content, content_type)
    except ContentError:
        return
    result.decode()


@pytest.mark.parametrize(
    ("headers", "raises"),
    [
        ({"Content-Type": f"{JSON}; charset=iso-8859-1"}, False),
        ({"Content-Type": JSON}, True),
        ({}, True),
    ],
)
async def test_a_response_in_latin_1_needs_a_declared_charset(
    httpx_mock, headers, raises
):
    content = json.dumps(ACCOUNT | {"display_name": "Café"}, ensure_ascii=False).encode(
        "iso-8859-1"
    )
    httpx_mock.add_response(content=content, headers=headers, is_reusable=True)
    async with AsyncClient("sk_test_1", max_retries=0) as client:
        raw = await client.send_raw("GET", "/v1/financial_connections/accounts/fca_1")
        assert content == raw.content
        if raises:
            with pytest.raises(APIResponseError, match="not UTF-8"):
                await client.accounts.retrieve("fca_1")
        else:
            account = await client.accounts.retrieve("fca_1")
            assert "Café" == account.display_name == account.to_dict()["display_name"]

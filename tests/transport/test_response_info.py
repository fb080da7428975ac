"""Metadata of a response, kept by its results: `Model.response`, `Page.response`."""

import copy
import pickle
import time
from collections.abc import Mapping, MutableMapping

import httpx
import pytest

from financial_connections import RequestOptions, ResponseInfo
from financial_connections._redact import Secret
from financial_connections._response import Headers
from financial_connections.models import Account, AccountOwnership
from financial_connections.webhooks import parse_event
from tests.support.decoding import copies_of
from tests.support.mock_api import (
    KEY,
    account_response,
    error_response,
    mock_client,
    scripted,
)
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, list_of
from tests.support.webhooks import PAYLOAD

HEADERS = {"Request-Id": "req_1", "X-Echo": f"Bearer {KEY}", "X-Old": "whsec_1"}


def page_response(*items, has_more=False, **headers):
    return httpx.Response(
        200, json=list_of(*items) | {"has_more": has_more}, headers=headers
    )


def models_in(value):
    """Yield a model and all models inside it."""
    yield value
    for attribute in value.__attrs_attrs__:
        nested = getattr(value, attribute.name)
        for part in nested if isinstance(nested, list) else [nested]:
            if hasattr(part, "misfits"):
                yield from models_in(part)


async def retrieve(*responses, **options):
    api, _ = scripted(*responses)
    async with mock_client(api) as client:
        return await client.accounts.retrieve(
            "fca_1", options=RequestOptions(**options)
        )


async def test_a_result_has_the_metadata_of_its_response():
    account = await retrieve(account_response(**HEADERS))
    response = account.response
    assert isinstance(response, ResponseInfo)
    assert (200, "req_1", 1, None, False) == (
        response.status,
        response.request_id,
        response.attempts,
        response.idempotency_key,
        response.replayed,
    )
    assert "req_1" == account.request_id


async def test_a_post_has_its_idempotency_key_attempts_and_replay_flag(no_waiting):
    api, _ = scripted(
        error_response(503),
        httpx.ConnectError("refused"),
        account_response(**{"Idempotent-Replayed": "true"}),
    )
    options = RequestOptions(idempotency_key="key-1")
    async with mock_client(api) as client:
        account = await client.accounts.disconnect("fca_1", options=options)
    response = account.response
    assert (3, "key-1", True, None) == (
        response.attempts,
        response.idempotency_key,
        response.replayed,
        response.request_id,
    )


async def test_the_duration_covers_all_attempts(no_waiting):
    times = []

    def api(request):
        times.append(time.monotonic())
        return error_response(503) if len(times) < 3 else account_response()

    before = time.monotonic()
    async with mock_client(api) as client:
        account = await client.accounts.retrieve("fca_1")
    after = time.monotonic()
    assert times[-1] - times[0] <= account.response.seconds <= after - before


async def test_only_the_result_keeps_the_metadata_and_nested_models_the_request_id():
    account = await retrieve(httpx.Response(200, json=FULL_ACCOUNT, headers=HEADERS))
    first, *nested = models_in(account)
    assert first is account
    assert any(isinstance(model, AccountOwnership) for model in nested)
    assert {None} == {model.response for model in nested}
    assert {account.response.request_id} == {model.request_id for model in nested}


async def test_a_misfit_does_not_lose_the_metadata():
    account = await retrieve(httpx.Response(200, json=FULL_ACCOUNT | {"created": "x"}))
    assert ("created",) == account.misfits
    assert 200 == account.response.status


async def test_each_page_has_the_metadata_of_its_response_and_items_the_request_id():
    first, second = ACCOUNT | {"id": "fca_1"}, FULL_ACCOUNT | {"id": "fca_2"}
    api, _ = scripted(
        page_response(first, has_more=True, **{"Request-Id": "req_1"}),
        page_response(second, **{"Request-Id": "req_2"}),
    )
    async with mock_client(api) as client:
        pages = [page async for page in client.accounts.list().pages()]
    assert ["req_1", "req_2"] == [page.response.request_id for page in pages]
    for page in pages:
        assert page.request_id == page.response.request_id
        models = list(models_in(page.data[0]))
        assert {None} == {model.response for model in models}
        assert {page.request_id} == {model.request_id for model in models}


async def test_a_raw_response_has_the_same_metadata(no_waiting):
    api, _ = scripted(error_response(500), account_response(**HEADERS))
    async with mock_client(api) as client:
        raw = await client.send_raw("POST", "/v1/balance")
    assert isinstance(raw, ResponseInfo)
    assert (200, "req_1", 2, False) == (
        raw.status,
        raw.request_id,
        raw.attempts,
        raw.replayed,
    )
    assert raw.idempotency_key
    assert raw.seconds > 0
    assert "***" in raw.headers["x-echo"]


async def test_headers_are_case_insensitive_read_only_and_masked():
    headers = (await retrieve(account_response(**HEADERS))).response.headers
    assert isinstance(headers, Mapping)
    assert not isinstance(headers, MutableMapping)
    assert "req_1" == headers["Request-Id"] == headers["request-id"]
    assert "REQUEST-ID" in headers
    assert headers.get("X-None") is None
    assert ("Bearer sk_test_***", "whsec_***") == (headers["x-echo"], headers["x-old"])
    assert "request-id" in dict(headers)
    assert len(headers) == len(list(headers))


def test_any_mapping_can_be_passed_as_headers():
    sent = httpx.Headers({"Request-Id": "req_1", "X-Key": KEY})
    response = ResponseInfo(
        status=200,
        headers=sent,
        request_id="req_1",
        attempts=1,
        idempotency_key=None,
        replayed=False,
        seconds=0,
    )
    assert {"request-id": "req_1", "x-key": "sk_test_***"} == response.headers


async def test_a_key_of_any_format_is_masked_in_headers():
    response = account_response(**{"X-Echo": "it is k3y-without-prefix!"})
    account = await retrieve(response, api_key="k3y-without-prefix")
    assert "it is ***!" == account.response.headers["x-echo"]


async def test_no_repr_shows_the_value_of_a_header():
    account = await retrieve(account_response(**HEADERS))
    raw = Headers(HEADERS, Secret(KEY))
    for text in (repr(account.response), repr(raw), repr(account.response.headers)):
        assert "supersecret" not in text
        assert "whsec" not in text
        assert "Bearer" not in text
    assert "x-echo" in repr(raw)


async def test_a_pickle_has_the_request_id_but_no_headers():
    account = await retrieve(account_response(**HEADERS))
    content = pickle.dumps(account)
    assert b"x-echo" not in content
    assert b"supersecret" not in content
    restored = pickle.loads(content)
    assert restored == account
    assert "req_1" == restored.request_id
    assert restored.response is None
    assert "req_1" == pickle.loads(pickle.dumps(restored)).request_id


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
async def test_a_pickled_response_has_no_headers(protocol):
    response = (await retrieve(account_response(**HEADERS))).response
    content = pickle.dumps(response, protocol)
    assert b"x-echo" not in content
    assert b"supersecret" not in content
    restored = pickle.loads(content)
    assert (200, "req_1", 1, {}) == (
        restored.status,
        restored.request_id,
        restored.attempts,
        dict(restored.headers),
    )


async def test_a_copy_keeps_the_metadata():
    account = await retrieve(httpx.Response(200, json=FULL_ACCOUNT, headers=HEADERS))
    for twin in (copy.copy(account), copy.deepcopy(account)):
        assert twin == account
        assert twin is not account
        assert twin.response is account.response
    twin = copy.deepcopy(account.response)
    assert dict(account.response.headers) == dict(twin.headers)


def test_a_model_that_no_request_returned_has_no_response():
    for account in copies_of(Account.from_dict(ACCOUNT)):
        assert account.response is None
        assert account.request_id is None
    account = Account(**{a.name: None for a in Account.__attrs_attrs__})
    assert account.response is None
    parsed = parse_event(PAYLOAD)
    assert parsed.response is None
    assert parsed.data.object.response is None


def test_the_metadata_cannot_be_changed():
    response = ResponseInfo(
        status=200,
        headers={"A": "b"},
        request_id=None,
        attempts=1,
        idempotency_key=None,
        replayed=False,
        seconds=0.5,
    )
    with pytest.raises(AttributeError):
        response.status = 500
    with pytest.raises(TypeError):
        response.headers["a"] = "c"
    assert not hasattr(response, "__dict__")
    assert {"a": "b"} == dict(response.headers)

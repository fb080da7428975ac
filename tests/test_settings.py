import copy
import pickle
from functools import partial

import httpx
import pytest

from financial_connections import (
    AsyncClient,
    ConfigurationError,
    InvalidArgumentError,
    RequestOptions,
    Timeout,
)

KEY = "sk_test_51H8supersecret"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "pk_test_1",
        "pk_live_1",
        f"{KEY}\n",
        f" {KEY}",
        "sk_test_\u00e9",
        "sk_test_\x00",
        "sk_test_a b",
        5,
        b"sk_test_1",
    ],
)
def test_a_key_that_cannot_work_is_refused_and_not_shown(key):
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient(key)
    shown = key.strip() if isinstance(key, str) else "\x01"
    assert not shown or shown not in str(caught.value)


def test_a_missing_key_is_refused():
    with pytest.raises(ConfigurationError, match="pass api_key= or set STRIPE_API_KEY"):
        AsyncClient()


def test_a_key_that_is_none_is_not_replaced_by_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    with pytest.raises(ConfigurationError, match="api_key is None; leave it out"):
        AsyncClient(None)
    with pytest.raises(ConfigurationError, match="api_key is None; leave it out"):
        AsyncClient().with_options(api_key=None)


def test_the_key_comes_from_the_environment_when_the_client_is_made(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    client = AsyncClient()
    monkeypatch.delenv("STRIPE_API_KEY")
    assert KEY == client._transport.settings.api_key.reveal()


def test_a_bad_key_from_the_environment_is_called_by_the_variables_name(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", f"{KEY}\n")
    with pytest.raises(ConfigurationError, match="^STRIPE_API_KEY "):
        AsyncClient()


@pytest.mark.parametrize(
    "value", [0, -1, float("nan"), float("inf"), 10**400, "30", True, None, [1]]
)
def test_a_timeout_that_bounds_nothing_is_refused(value):
    with pytest.raises(ConfigurationError, match="^timeout"):
        AsyncClient(KEY, timeout=value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "30", True])
def test_a_deadline_that_bounds_nothing_is_refused(value):
    with pytest.raises(ConfigurationError, match="^deadline"):
        AsyncClient(KEY, deadline=value)
    with pytest.raises(ConfigurationError, match="^deadline"):
        RequestOptions(deadline=value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (10, Timeout(10, connect=5)),
        (2.5, Timeout(2.5, connect=2.5)),
        (Timeout(7, connect=1), Timeout(7, connect=1)),
        (httpx.Timeout(30, connect=4), Timeout(30, connect=4)),
        (httpx.Timeout(5), Timeout(5, connect=5)),
    ],
)
def test_a_timeout_is_a_number_or_a_timeout(given, expected):
    assert expected == AsyncClient(KEY, timeout=given)._transport.settings.timeout


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (httpx.Timeout(None), "timeout.read"),
        (httpx.Timeout(5, read=None), "timeout.read"),
        (httpx.Timeout(5, read=0), "timeout.read"),
        (httpx.Timeout(5, read=float("nan")), "timeout.read"),
        (httpx.Timeout(5, connect=None), "timeout.connect"),
        (httpx.Timeout(5, connect=60), "timeout.connect"),
        (httpx.Timeout(5, write=1), "timeout.write"),
        (httpx.Timeout(5, pool=None), "timeout.pool"),
    ],
)
def test_a_timeout_of_httpx_that_cannot_be_kept_is_refused_by_name(value, name):
    with pytest.raises(ConfigurationError, match=f"^{name} "):
        AsyncClient(KEY, timeout=value)
    with pytest.raises(ConfigurationError, match=f"^{name} "):
        RequestOptions(timeout=value)


@pytest.mark.parametrize("value", [-1, 1.5, "2", True, None])
def test_max_retries_is_a_whole_number(value):
    with pytest.raises(ConfigurationError, match="^max_retries"):
        AsyncClient(KEY, max_retries=value)


@pytest.mark.parametrize("value", [0, 1.5, "2", True, None])
def test_max_connections_is_a_whole_number_above_zero(value):
    with pytest.raises(ConfigurationError, match="^max_connections"):
        AsyncClient(KEY, max_connections=value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "api.stripe.com",
        "ftp://x",
        "https://",
        "https://u:p@x",
        "https://x?a=b",
        "https://x#a",
        "https://x#",
        "https://x?",
        "https://x:port",
        None,
        5,
    ],
)
def test_a_base_url_that_leads_nowhere_is_refused(value):
    with pytest.raises(ConfigurationError, match="^base_url"):
        AsyncClient(KEY, base_url=value)


def test_no_key_is_sent_in_the_clear():
    with pytest.raises(ConfigurationError, match="https://"):
        AsyncClient("sk_test_1", base_url="http://stripe.example")
    AsyncClient("sk_live_1", base_url="http://127.0.0.1:12111")
    AsyncClient("sk_live_1", base_url="http://[::1]:12111")
    AsyncClient("sk_test_1", base_url="https://stripe.example/prefix")


@pytest.mark.parametrize("name", ["stripe_account", "stripe_context"])
@pytest.mark.parametrize("value", ["", "acct_1\r\nX: y", "acct_\u00e9", " acct_1", 5])
def test_a_setting_that_cannot_be_a_header_is_refused(name, value):
    with pytest.raises(InvalidArgumentError, match=f"^{name}"):
        AsyncClient(KEY, **{name: value})
    with pytest.raises(InvalidArgumentError, match=f"^{name}"):
        RequestOptions(**{name: value})


@pytest.mark.parametrize("value", ["", "k" * 256, "a\nb", "\u00e9", 5])
def test_an_idempotency_key_that_cannot_be_sent_is_refused(value):
    with pytest.raises(InvalidArgumentError, match="^idempotency_key"):
        RequestOptions(idempotency_key=value)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"idempotency-key": "x"},
        {"HOST": "x"},
        {"Content-Length": "0"},
        {"X-Y": "a\r\nb: c"},
        {"X Y": "a"},
        {"": "a"},
        {"X-Y": 5},
        {5: "x"},
        ["X-Y"],
    ],
)
def test_a_header_that_would_break_the_request_is_refused(headers):
    with pytest.raises(InvalidArgumentError, match="^headers: "):
        RequestOptions(headers=headers)


def test_an_unknown_http_client_is_refused():
    with pytest.raises(ConfigurationError, match="^http_client"):
        AsyncClient(KEY, http_client=httpx.Client())


def test_nothing_that_holds_a_key_shows_it():
    client = AsyncClient(KEY)
    options = RequestOptions(api_key=KEY, headers={"X-Token": "hush"})
    for thing in (
        client,
        client._transport.settings,
        client._transport,
        client.accounts,
        options,
        client.with_options(),
    ):
        assert KEY not in repr(thing)
        assert "hush" not in repr(thing)


@pytest.mark.parametrize(
    "thing",
    [
        AsyncClient(KEY),
        RequestOptions(api_key=KEY),
        RequestOptions(headers={"X-Token": "hush"}),
    ],
    ids=["client", "options", "options with headers"],
)
def test_nothing_that_holds_a_key_can_be_pickled(thing):
    with pytest.raises(TypeError):
        pickle.dumps(thing)


def test_options_without_secrets_pickle():
    options = RequestOptions(stripe_account="acct_1", timeout=3)
    assert options == pickle.loads(pickle.dumps(options))


def test_options_copy():
    options = RequestOptions(api_key=KEY, timeout=3)
    assert options == copy.deepcopy(options)


async def asynchronous(event):
    pass


class Asynchronous:
    async def __call__(self, event):
        pass


@pytest.mark.parametrize(
    "handler", [5, asynchronous, Asynchronous(), partial(asynchronous)]
)
def test_a_handler_that_cannot_be_called_is_refused(handler):
    with pytest.raises(ConfigurationError, match="on_event"):
        AsyncClient(KEY, on_event=handler)


def test_an_unknown_transport_is_refused():
    with pytest.raises(ConfigurationError, match="transport"):
        AsyncClient(KEY, transport="carrier pigeon")


def test_a_view_of_a_subclass_has_what_the_subclass_has():
    class Tagged(AsyncClient):
        def __init__(self, key):
            super().__init__(key)
            self.tag = "mine"

    assert "mine" == Tagged(KEY).with_options(max_retries=1).tag


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://API.Stripe.com/", "https://api.stripe.com"),
        ("https://[2001:DB8::1]:8443/Prefix/", "https://[2001:db8::1]:8443/Prefix"),
    ],
)
def test_the_host_of_a_base_url_has_no_case(given, kept):
    assert kept == AsyncClient(KEY, base_url=given)._transport.settings.base_url

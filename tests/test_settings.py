import copy
import pickle
from datetime import date
from functools import partial

import httpx
import pytest

from financial_connections import (
    API_VERSION,
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
def test_an_invalid_key_is_rejected_and_not_shown(key):
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient(key)
    shown = key.strip() if isinstance(key, str) else "\x01"
    assert not shown or shown not in str(caught.value)


def test_a_missing_key_is_rejected():
    with pytest.raises(ConfigurationError, match="pass api_key= or set STRIPE_API_KEY"):
        AsyncClient()


def test_a_key_of_none_is_rejected_despite_the_environment(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    with pytest.raises(ConfigurationError, match="api_key is None; leave it out"):
        AsyncClient(None)
    with pytest.raises(ConfigurationError, match="api_key is None; leave it out"):
        AsyncClient().with_options(api_key=None)


def test_the_environment_is_read_when_the_client_is_created(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    client = AsyncClient()
    monkeypatch.delenv("STRIPE_API_KEY")
    assert KEY == client._transport.settings.api_key.reveal()


def test_an_invalid_key_in_the_environment_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", f"{KEY}\n")
    with pytest.raises(ConfigurationError, match="^STRIPE_API_KEY "):
        AsyncClient()


@pytest.mark.parametrize(
    "value", [0, -1, float("nan"), float("inf"), 10**400, "30", True, None, [1]]
)
def test_an_invalid_timeout_is_rejected(value):
    with pytest.raises(ConfigurationError, match="^timeout"):
        AsyncClient(KEY, timeout=value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "30", True])
def test_an_invalid_deadline_is_rejected(value):
    with pytest.raises(ConfigurationError, match="^deadline"):
        AsyncClient(KEY, deadline=value)
    with pytest.raises(ConfigurationError, match="^deadline"):
        RequestOptions(deadline=value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10, Timeout(10, connect=5)),
        (2.5, Timeout(2.5, connect=2.5)),
        (Timeout(7, connect=1), Timeout(7, connect=1)),
        (httpx.Timeout(30, connect=4), Timeout(30, connect=4)),
        (httpx.Timeout(5), Timeout(5, connect=5)),
    ],
)
def test_a_timeout_is_made_from_a_number_or_a_timeout(value, expected):
    assert expected == AsyncClient(KEY, timeout=value)._transport.settings.timeout


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
def test_an_unsupported_httpx_timeout_is_rejected_by_name(value, name):
    with pytest.raises(ConfigurationError, match=f"^{name} "):
        AsyncClient(KEY, timeout=value)
    with pytest.raises(ConfigurationError, match=f"^{name} "):
        RequestOptions(timeout=value)


@pytest.mark.parametrize("value", [-1, 1.5, "2", True, None])
def test_max_retries_must_be_a_whole_number(value):
    with pytest.raises(ConfigurationError, match="^max_retries"):
        AsyncClient(KEY, max_retries=value)


@pytest.mark.parametrize("value", [0, 1.5, "2", True, None])
def test_max_connections_must_be_a_positive_integer(value):
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
def test_an_invalid_base_url_is_rejected(value):
    with pytest.raises(ConfigurationError, match="^base_url"):
        AsyncClient(KEY, base_url=value)


@pytest.mark.parametrize(
    ("value", "suggested"),
    [
        ("localhost:12111", "http://localhost:12111"),
        ("LOCALHOST:12111/x", "http://localhost:12111"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:12111", "http://[::1]:12111"),
    ],
)
def test_a_local_server_without_a_scheme_gets_a_suggestion(value, suggested):
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient(KEY, base_url=value)
    assert str(caught.value).endswith(f"; did you mean {suggested}?")


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_secret",
        "u:secret@localhost",
        "localhost:secret",
        "secret:80",
        "ftp://localhost/secret",
    ],
)
def test_a_base_url_that_may_be_a_secret_is_not_quoted(value):
    with pytest.raises(ConfigurationError, match="contain a host$"):
        AsyncClient(KEY, base_url=value)


def test_plain_http_is_rejected_except_on_loopback():
    with pytest.raises(ConfigurationError, match="https://"):
        AsyncClient("sk_test_1", base_url="http://stripe.example")
    AsyncClient("sk_live_1", base_url="http://127.0.0.1:12111")
    AsyncClient("sk_live_1", base_url="http://[::1]:12111")
    AsyncClient("sk_test_1", base_url="https://stripe.example/prefix")


PRIVATE = "http://sandbox:12111"
TEST_KEYS = ["sk_test_1", "rk_test_1"]
OTHER_KEYS = ["sk_live_1", "rk_live_1", "sk_1", "sk_org_live_1"]


@pytest.mark.parametrize("key", TEST_KEYS)
def test_plain_http_is_allowed_for_test_keys_by_a_setting(monkeypatch, key):
    hint = "allow_http=True or FINANCIAL_CONNECTIONS_ALLOW_HTTP=1"
    with pytest.raises(ConfigurationError, match=hint):
        AsyncClient(key, base_url=PRIVATE)
    client = AsyncClient(key, base_url=PRIVATE, allow_http=True)
    assert PRIVATE == client._transport.settings.base_url
    monkeypatch.setenv("FINANCIAL_CONNECTIONS_ALLOW_HTTP", "0")
    with pytest.raises(ConfigurationError, match="base_url must start with https://"):
        AsyncClient(key, base_url=PRIVATE)
    monkeypatch.setenv("FINANCIAL_CONNECTIONS_ALLOW_HTTP", "1")
    AsyncClient(key, base_url=PRIVATE)


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_plain_http_is_never_allowed_for_other_keys(monkeypatch, key):
    monkeypatch.setenv("FINANCIAL_CONNECTIONS_ALLOW_HTTP", "1")
    with pytest.raises(ConfigurationError, match="only to test keys") as caught:
        AsyncClient(key, base_url=PRIVATE, allow_http=True)
    assert key not in str(caught.value)


@pytest.mark.anyio
async def test_derived_clients_and_calls_keep_the_rules_for_plain_http():
    client = AsyncClient(KEY, base_url=PRIVATE, allow_http=True)
    client.with_options(base_url="http://other:12111")
    with pytest.raises(ConfigurationError, match="only to test keys"):
        client.with_options(api_key="sk_live_1")
    with pytest.raises(ConfigurationError, match="only to test keys"):
        await client.accounts.retrieve(
            "fca_1", options=RequestOptions(api_key="sk_live_1")
        )
    with pytest.raises(TypeError, match="has no option 'allow_http'"):
        client.with_options(allow_http=True)
    with pytest.raises(ConfigurationError, match="allow_http=True"):
        AsyncClient(KEY).with_options(base_url=PRIVATE)


@pytest.mark.parametrize("value", [1, None, "true"])
def test_allow_http_must_be_a_bool(value):
    with pytest.raises(ConfigurationError, match="^allow_http"):
        AsyncClient(KEY, allow_http=value)


def test_the_base_url_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("STRIPE_BASE_URL", "http://127.0.0.1:12111/")
    client = AsyncClient(KEY)
    assert "http://127.0.0.1:12111" == client._transport.settings.base_url
    explicit = AsyncClient(KEY, base_url="https://stripe.example")
    assert "https://stripe.example" == explicit._transport.settings.base_url
    monkeypatch.setenv("STRIPE_BASE_URL", "")
    assert "https://api.stripe.com" == AsyncClient(KEY)._transport.settings.base_url
    derived = client.with_options(max_retries=1)
    assert "http://127.0.0.1:12111" == derived._transport.settings.base_url


@pytest.mark.parametrize("value", ["localhost:12111", "ftp://x", "http://sandbox"])
def test_an_invalid_base_url_in_the_environment_is_named_by_its_variable(
    monkeypatch, value
):
    monkeypatch.setenv("STRIPE_BASE_URL", value)
    with pytest.raises(ConfigurationError, match="^STRIPE_BASE_URL "):
        AsyncClient(KEY)


@pytest.mark.parametrize("key", OTHER_KEYS)
@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:12111", "https://stripe.example", "https://notstripe.com"),
        *("http://stripe.example", "https://api.stripe.com.example"),
    ],
)
def test_a_base_url_in_the_environment_gets_no_live_keys(monkeypatch, url, key):
    monkeypatch.setenv("STRIPE_BASE_URL", url)
    with pytest.raises(ConfigurationError, match="^STRIPE_BASE_URL "):
        AsyncClient(key)
    with pytest.raises(ConfigurationError, match="^STRIPE_BASE_URL "):
        AsyncClient(KEY, allow_http=True).with_options(api_key=key)
    if url.startswith("https:"):
        AsyncClient(KEY).with_options(api_key=key, base_url=url)


def test_a_base_url_of_stripe_in_the_environment_works_with_live_keys(monkeypatch):
    monkeypatch.setenv("STRIPE_BASE_URL", "https://api.stripe.com")
    AsyncClient("sk_live_1")


@pytest.mark.parametrize("name", ["stripe_account", "stripe_context"])
@pytest.mark.parametrize("value", ["", "acct_1\r\nX: y", "acct_\u00e9", " acct_1", 5])
def test_a_setting_that_cannot_be_a_header_is_rejected(name, value):
    with pytest.raises(InvalidArgumentError, match=f"^{name}"):
        AsyncClient(KEY, **{name: value})
    with pytest.raises(InvalidArgumentError, match=f"^{name}"):
        RequestOptions(**{name: value})


@pytest.mark.parametrize(
    "value",
    [
        *("", "latest", "2024-06-20\n", " 2024-06-20", "20240620", "2024-6-20"),
        *("2024-13-01", "2024-02-30", "0000-01-01", "\u0662\u0660\u0662\u0664-06-20"),
        *("2024-06-20.", "2024-06-20.Name", "2024-06-20.a.b", "2024-06-20; beta"),
        *(5, b"2024-06-20", True, date(2024, 6, 20)),
    ],
)
def test_an_invalid_stripe_version_is_rejected(value):
    message = "^stripe_version must be a date"
    with pytest.raises(ConfigurationError, match=message):
        AsyncClient(KEY, stripe_version=value)
    with pytest.raises(ConfigurationError, match=message):
        AsyncClient(KEY).with_options(stripe_version=value)
    with pytest.raises(ConfigurationError, match=message):
        RequestOptions(stripe_version=value)


@pytest.mark.parametrize(
    "value",
    ["2024-06-20", "2030-01-01.name", "2030-01-01.preview; some_beta=v1", API_VERSION],
)
def test_the_version_is_shown_unless_it_is_that_of_the_package(value):
    client = AsyncClient(KEY, stripe_version=value)
    assert (value != API_VERSION) == ("stripe_version" in repr(client))
    assert (value != API_VERSION) == (value in repr(client))
    assert "stripe_version" not in repr(client.with_options(stripe_version=None))
    assert value in repr(RequestOptions(stripe_version=value))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (partial(AsyncClient, KEY), "AsyncClient"),
        (RequestOptions, "RequestOptions"),
        (AsyncClient(KEY).with_options, "with_options"),
    ],
    ids=["client", "options", "derived"],
)
def test_the_error_for_an_unknown_option_lists_all_options(function, name):
    with pytest.raises(TypeError) as caught:
        function(stripe_acount="acct_1")
    message = str(caught.value)
    assert f"{name}() has no option 'stripe_acount'" in message
    assert "did you mean 'stripe_account'?" in message
    assert "max_retries" in message.partition("(options: ")[2]
    assert "acct_1" not in message
    with pytest.raises(TypeError, match="has no option 'colour' "):
        function(colour="red")


@pytest.mark.parametrize("name", ["max_connections", "http_client", "transport"])
def test_a_derived_client_cannot_change_shared_settings(name):
    with pytest.raises(TypeError) as caught:
        AsyncClient(KEY).with_options(**{name: None})
    assert name not in str(caught.value).partition("(options: ")[2]
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "k" * 256, "a\nb", "\u00e9", 5])
def test_an_invalid_idempotency_key_is_rejected(value):
    with pytest.raises(InvalidArgumentError, match="^idempotency_key"):
        RequestOptions(idempotency_key=value)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"idempotency-key": "x"},
        {"HOST": "x"},
        {"stripe-VERSION": "2024-06-20"},
        {"Content-Length": "0"},
        {"X-Y": "a\r\nb: c"},
        {"X Y": "a"},
        {"": "a"},
        {"X-Y": 5},
        {5: "x"},
        ["X-Y"],
    ],
)
def test_invalid_and_reserved_headers_are_rejected(headers):
    with pytest.raises(InvalidArgumentError, match="^headers: "):
        RequestOptions(headers=headers)


def test_an_unsupported_http_client_is_rejected():
    with pytest.raises(ConfigurationError, match="^http_client"):
        AsyncClient(KEY, http_client=httpx.Client())


def test_no_repr_shows_the_key():
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
def test_objects_with_a_key_cannot_be_pickled(thing):
    with pytest.raises(TypeError):
        pickle.dumps(thing)


def test_options_without_secrets_can_be_pickled():
    options = RequestOptions(stripe_account="acct_1", timeout=3)
    assert options == pickle.loads(pickle.dumps(options))


def test_options_can_be_copied():
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
def test_an_invalid_event_handler_is_rejected(handler):
    with pytest.raises(ConfigurationError, match="on_event"):
        AsyncClient(KEY, on_event=handler)


def test_an_unknown_transport_is_rejected():
    with pytest.raises(ConfigurationError, match="transport"):
        AsyncClient(KEY, transport="carrier pigeon")


def test_a_client_derived_from_a_subclass_keeps_its_attributes():
    class Tagged(AsyncClient):
        def __init__(self, key):
            super().__init__(key)
            self.tag = "mine"

    assert "mine" == Tagged(KEY).with_options(max_retries=1).tag


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("HTTPS://API.Stripe.com/", "https://api.stripe.com"),
        ("https://[2001:DB8::1]:8443/Prefix/", "https://[2001:db8::1]:8443/Prefix"),
    ],
)
def test_the_host_of_a_base_url_is_case_insensitive(value, expected):
    assert expected == AsyncClient(KEY, base_url=value)._transport.settings.base_url

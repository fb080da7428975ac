"""Arguments of `webhook_endpoint`: which ones are rejected, and which are hidden."""

import copy
import pickle
from functools import partial
from unittest.mock import AsyncMock

import pytest

from financial_connections import ConfigurationError
from financial_connections.webhooks import webhook_endpoint
from tests.support.webhooks import (
    SECRET,
    Handler,
    RecordingStore,
    connect,
    deliver,
    endpoint,
)


@pytest.mark.parametrize("secret", ["", " ", [], [SECRET, ""], None])
def test_an_empty_secret_is_rejected(secret):
    with pytest.raises(ConfigurationError, match="secret is empty"):
        webhook_endpoint(secret, Handler())


def test_an_invalid_tolerance_is_rejected():
    with pytest.raises(ConfigurationError, match="^tolerance must be"):
        webhook_endpoint("whsec_1", Handler(), tolerance=float("nan"))


@pytest.mark.parametrize(
    "arguments",
    [
        *[{"max_bytes": value} for value in (None, "5", -1, 0, 1.5, True)],
        *[
            {"body_timeout": value}
            for value in (None, "5", -1, 0, True, float("nan"), float("inf"))
        ],
        *[
            {"claim_timeout": value}
            for value in (None, "5", -1, 0, True, float("nan"), float("inf"))
        ],
        *[{"clock": value} for value in (None, 5)],
    ],
    ids=str,
)
def test_an_invalid_argument_is_rejected(arguments):
    with pytest.raises(ConfigurationError, match=f"^{next(iter(arguments))} must be"):
        webhook_endpoint(SECRET, Handler(), **arguments)


class Methods:
    async def handle(self, event):
        await Handler()(event)

    def handle_sync(self, event):
        pass


class NotAsync:
    def __call__(self, event):
        pass


async def handle(event, log):
    log.append(event.id)


@pytest.mark.parametrize(
    "handler",
    [
        print,
        None,
        5,
        lambda event: handle(event, []),
        NotAsync(),
        Handler,
        Methods().handle_sync,
        partial(print, 1),
    ],
)
def test_a_handler_that_is_not_async_is_rejected(handler):
    with pytest.raises(ConfigurationError, match="^handler must be an async function"):
        webhook_endpoint(SECRET, handler)


@pytest.mark.parametrize(
    "handler",
    [
        Handler(),
        Methods().handle,
        partial(handle, log=[]),
        partial(partial(Handler())),
        AsyncMock(),
    ],
)
async def test_any_async_callable_is_accepted_as_a_handler(handler):
    async with connect(endpoint(handler)) as client:
        assert 200 == (await deliver(client)).status_code


class OldStore:
    async def seen(self, event):
        return False

    async def add(self, event):
        pass


class SyncStore(RecordingStore):
    def confirm(self, event_id):
        pass


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (
            OldStore(),
            (
                r"claim\(event_id, until\) -> bool, confirm\(event_id\) and "
                r"release\(event_id\) instead"
            ),
        ),
        (object(), "no method claim"),
        ("", "no method claim"),
        (SyncStore(), r"^store.confirm must be an async function"),
    ],
)
def test_an_invalid_store_is_rejected(store, message):
    with pytest.raises(ConfigurationError, match=message):
        webhook_endpoint(SECRET, Handler(), store=store)


@pytest.mark.parametrize("copy_of", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_endpoint_cannot_be_pickled_or_copied(copy_of):
    with pytest.raises(TypeError, match="^a webhook endpoint holds a signing secret"):
        copy_of(endpoint(Handler()))


def test_the_repr_of_an_endpoint_has_no_secret():
    app = webhook_endpoint([SECRET, "whsec_other"], Handler())
    shown = [
        repr(getattr(app, name)) for name in app.__slots__ if not name.startswith("__")
    ]
    assert len(shown) > 5
    assert "whsec_" not in repr(app) + "".join(shown)

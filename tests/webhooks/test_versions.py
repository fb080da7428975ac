"""API versions of events compared with that of the models."""

import logging

import pytest

from financial_connections import (
    API_VERSION,
    ConfigurationError,
    InvalidArgumentError,
    WebhookSignatureError,
    WebhookVersionError,
)
from financial_connections.webhooks import (
    AccountReactivated,
    construct_event,
    sign,
    versions,
)
from tests.support.webhooks import (
    NOW,
    SECRET,
    Handler,
    connect,
    deliver,
    endpoint,
    event_with,
    notification_with,
)

OTHER = "2021-01-01.other"


@pytest.fixture(autouse=True)
def _nothing_logged(monkeypatch):
    monkeypatch.setattr(versions, "_logged", set())


def construct(body, **options):
    return construct_event(body, sign(body, SECRET, NOW), SECRET, now=NOW, **options)


@pytest.mark.parametrize(
    ("version", "other", "expected"),
    [
        ("2025-01-27.acacia", "2025-02-24.acacia", True),
        ("2025-02-24.acacia", "2025-01-27.acacia", True),
        ("2025-03-31.basil", "2025-02-24.acacia", False),
        ("2023-10-16", "2025-02-24.acacia", False),
        ("2025-02-24.acacia", "2023-10-16", False),
        ("2023-10-16", "2023-10-16", True),
        ("2023-10-16", "2022-11-15", False),
        ("2025-02-24.preview", "2025-02-24.preview", True),
        ("2025-02-24.preview", "2025-01-27.preview", False),
        ("2025-02-24.preview; a=v1", "2025-02-24.preview; a=v1", True),
        ("2025-02-24.preview; a=v1", "2025-01-27.preview; a=v1", False),
        ("2025-02-24.acacia; a=v1", "2025-01-27.acacia", True),
        ("2025-02-24.", "2025-01-27.", False),
    ],
)
def test_versions_of_one_release_train_are_compatible(version, other, expected):
    assert versions.is_compatible(version, other) is expected


@pytest.mark.parametrize("options", [{}, {"on_version_mismatch": "warn"}])
def test_a_mismatch_is_logged_once_per_version(caplog, options):
    body = event_with(api_version=OTHER)
    for _ in range(3):
        assert AccountReactivated is type(construct(body, **options))
    construct(event_with(api_version="2020-01-01"))
    assert 2 == len(caplog.records)
    first = caplog.records[0]
    assert ("financial_connections", logging.WARNING) == (first.name, first.levelno)
    assert OTHER in first.getMessage()
    assert API_VERSION in first.getMessage()


def test_a_mismatch_can_raise_an_error(caplog):
    with pytest.raises(WebhookVersionError, match="change the version") as caught:
        construct(event_with(api_version=OTHER), on_version_mismatch="raise")
    assert OTHER == caught.value.api_version
    assert [] == caplog.records


def test_a_mismatch_can_be_ignored(caplog):
    construct(event_with(api_version=OTHER), on_version_mismatch="ignore")
    assert [] == caplog.records


@pytest.mark.parametrize(
    "body",
    [
        event_with(),
        event_with(api_version=None),
        event_with(api_version=7),
        event_with(type="charge.failed"),
        notification_with(),
        notification_with(type="v1.unknown"),
        notification_with(api_version=OTHER),
    ],
)
def test_events_without_another_version_match(body, caplog):
    construct(body, on_version_mismatch="raise")
    construct(body)
    assert [] == [r for r in caplog.records if "API version" in r.getMessage()]


def test_the_signature_is_verified_before_the_version(caplog):
    body = event_with(api_version=OTHER)
    for action in ("warn", "raise"):
        with pytest.raises(WebhookSignatureError):
            construct_event(
                body,
                sign(body, "whsec_other", NOW),
                SECRET,
                now=NOW,
                on_version_mismatch=action,
            )
    assert [] == caplog.records


@pytest.mark.parametrize("action", ["error", "", None, True, ["warn"]])
def test_an_invalid_action_is_rejected(action):
    with pytest.raises(InvalidArgumentError, match="warn, raise or ignore"):
        construct(event_with(), on_version_mismatch=action)
    with pytest.raises(ConfigurationError, match="warn, raise or ignore"):
        endpoint(Handler(), on_version_mismatch=action)


async def test_an_endpoint_rejects_another_version_if_configured(caplog):
    handler = Handler()
    body = event_with(api_version=OTHER)
    async with connect(endpoint(handler, on_version_mismatch="raise")) as client:
        response = await deliver(client, body)
        assert 200 == (await deliver(client, event_with(id="evt_2"))).status_code
    assert (400, True) == (response.status_code, OTHER in response.text)
    async with connect(endpoint(handler)) as client:
        assert 200 == (await deliver(client, body)).status_code
    assert ["evt_2", "evt_1"] == [event.id for event in handler.events]
    assert 1 == len(caplog.records)

"""Send requests to a sandbox without a socket.

These helpers do not use the SDK, because they are used to check its encoder.
"""

import json
from urllib.parse import quote_plus

from attrs import frozen

from financial_connections.sandbox.api import sessions
from financial_connections.sandbox.api.wire import Request

FORM = "application/x-www-form-urlencoded"
ACCOUNTS = "/v1/financial_connections/accounts"
SESSIONS = "/v1/financial_connections/sessions"
CUSTOMERS = "/v1/customers"
EVENTS = "/v1/events"
TRANSACTIONS = "/v1/financial_connections/transactions"
EVENT_PREFIX = "financial_connections.account."


@frozen
class Reply:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def ids(self):
        return [item["id"] for item in self.json["data"]]


def encode(params):
    return "&".join(
        f"{quote_plus(key)}={quote_plus(str(value))}"
        for key, value in _pairs(params, "")
    )


def _pairs(value, key):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _pairs(item, f"{key}[{name}]" if key else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pairs(item, f"{key}[{index}]")
    else:
        yield key, value


def open_sessions(sandbox):
    return sessions.open_sessions(sandbox.api.state)


def get(sandbox, path, params="", **headers):
    return send(sandbox, "GET", path, query=params, headers=headers)


def post(sandbox, path, params="", **headers):
    return send(
        sandbox, "POST", path, body=params, headers={"content_type": FORM, **headers}
    )


def send(sandbox, method, path, *, query="", body="", headers=()):
    pending = admit(sandbox, method, path, query=query, body=body, headers=headers)
    response = sandbox.api.execute(pending)
    return Reply(response.status, response.headers, response.body)


def admit(sandbox, method, path, *, query="", body="", headers=()):
    names = {
        name.replace("_", "-"): value
        for name, value in dict(headers).items()
        if value is not None
    }
    return sandbox.api.admit(
        Request(
            method=method,
            path=path,
            query=query if isinstance(query, str) else encode(query),
            headers={"authorization": f"Bearer {sandbox.api_key}", **names},
            body=(body if isinstance(body, str) else encode(body)).encode(),
        )
    )


def act(sandbox, account, action, **params):
    return post(sandbox, f"{ACCOUNTS}/{account}/{action}", params)


def refresh(sandbox, account, *features):
    return act(sandbox, account, "refresh", features=list(features))


def account_of(sandbox, account):
    """Read an account from the list, which does not count as a poll."""
    accounts = get(sandbox, ACCOUNTS, "limit=100").json["data"]
    return next(item for item in accounts if item["id"] == account)


def event_names(sandbox):
    return [event["type"].removeprefix(EVENT_PREFIX) for event in sandbox.events]

"""Calls into the sandbox without a socket, and without the SDK whose encoder it is
there to check.
"""

import json
from urllib.parse import quote_plus

from attrs import frozen

from financial_connections.sandbox.api import sessions
from financial_connections.sandbox.api.wire import Request

FORM = "application/x-www-form-urlencoded"
ACCOUNTS = "/v1/financial_connections/accounts"
SESSIONS = "/v1/financial_connections/sessions"
TRANSACTIONS = "/v1/financial_connections/transactions"


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


def encoded(params):
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
    step = admit(sandbox, method, path, query=query, body=body, headers=headers)
    answer = sandbox.api.execute(step)
    return Reply(answer.status, answer.headers, answer.body)


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
            query=query if isinstance(query, str) else encoded(query),
            headers={"authorization": f"Bearer {sandbox.api_key}", **names},
            body=(body if isinstance(body, str) else encoded(body)).encode(),
        )
    )

"""The `fincon webhooks verify` command."""

import json
import time

import pytest

from financial_connections.cli import event_details, main
from financial_connections.webhooks import parse_event, sign
from tests.support.cli_process import fincon, json_lines
from tests.support.samples import ACCOUNT
from tests.support.webhooks import notification_with

EVENT = (
    b'{"id":"evt_1","type":"financial_connections.account.created",'
    b'"data":{"object":{"id":"fca_1"}},"new":[1]}'
)


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("whsec_1\n")
    return file


def test_a_verified_event_is_shown(tmp_path, secret, capsys):
    body = tmp_path / "body.json"
    body.write_bytes(EVENT)
    verify = ["webhooks", "verify", "--secret-file", str(secret)]
    an_hour_ago = sign(EVENT, "whsec_1", int(time.time()) - 3_600)

    def verify_body(signature, *more, file=body):
        return main([*verify, str(file), "--signature", signature, *more])

    assert 0 == verify_body(sign(EVENT, "whsec_1"))
    assert json.loads(EVENT) == json.loads(capsys.readouterr().out)
    assert 3 == verify_body(sign(EVENT, "whsec_2"))
    assert 3 == verify_body(an_hour_ago)
    assert 0 == verify_body(an_hour_ago, "--any-age")
    # The signature is valid, but the body is not an event.
    assert 2 == verify_body(sign(secret.read_bytes(), "whsec_1"), file=secret)
    assert "whsec_" not in "".join(capsys.readouterr())


def test_the_body_can_come_from_stdin():
    result = fincon(
        *("webhooks", "verify", "--signature", sign(EVENT, "whsec_1")),
        stdin=EVENT.decode(),
        STRIPE_WEBHOOK_SECRET="whsec_1",
    )
    assert [json.loads(EVENT)] == json_lines(result)


def test_a_thin_event_is_shown(tmp_path, secret, capsys):
    body = notification_with(context="acct_1")
    file = tmp_path / "body.json"
    file.write_bytes(body)
    verify = ["webhooks", "verify", "--secret-file", str(secret), str(file)]
    assert 0 == main([*verify, "--signature", sign(body, "whsec_1")])
    assert json.loads(body) == json.loads(capsys.readouterr().out)

    names, values = event_details.event(parse_event(body), now=0).columns
    shown = dict(zip(names.cells, map(str, values.cells), strict=True))
    assert {
        "event": "evt_test_1",
        "type": "v1.financial_connections.account.refreshed_balance",
        "created": "2023-11-14T22:13:19.000Z",
        "context": "acct_1",
        "object": ACCOUNT["id"],
    } == shown

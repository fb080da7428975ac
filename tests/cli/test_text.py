"""Text from the API cannot control a terminal, and any object can be rendered."""

import io
import json
import math
from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from financial_connections.cli import charts, details, event_details, tables
from financial_connections.cli.output import json_line
from financial_connections.cli.rows import row_from
from financial_connections.cli.text import redact, sanitize
from financial_connections.models import (
    Account,
    AccountOwner,
    Authorization,
    Session,
    Transaction,
)
from financial_connections.webhooks import parse_event
from tests.support.cli_process import strip_escapes

NOW = 1_700_000_000
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07[red]x[/red] [link=file:///]\x9b31m\u202eevil\r\nnext"
    " :smile:"
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=3,
)


def render(drawing, width=80):
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, force_terminal=True, color_system="truecolor"
    )
    console.print(drawing)
    return buffer.getvalue()


def any_object(model):
    names = [field.name for field in model.__attrs_attrs__]
    fields = st.dictionaries(st.sampled_from(names), JSON_VALUES, max_size=6)
    return fields.map(model.from_dict)


@given(st.text())
def test_sanitized_text_is_printable(text):
    assert sanitize(text).replace("\u200d", "").isprintable()
    assert len(text) == len(sanitize(text))


def test_emoji_are_kept():
    assert "👩\u200d🌾 ❤\ufe0f" == sanitize("👩\u200d🌾 ❤\ufe0f")


def test_secrets_are_redacted():
    text = "sk_live_a1 rk_test_b2 'whsec_c3=' fcsess_1_secret_d4 risk_test"
    assert (
        "sk_live_*** rk_test_*** 'whsec_***' fcsess_1_secret_*** risk_test"
        == redact(text)
    )
    assert "sk_org_*** rk_org_*** ek_live_***" == redact(
        "sk_org_live_a1 rk_org_test_b2 ek_live_c3"
    )
    assert "my_sk_live_*** task_test_1" == redact("my_sk_live_a1 task_test_1")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_amounts_dates_and_ids_are_never_truncated(width):
    bank, last4, ident = (
        "A Bank of Quite Some Name",
        "1234",
        "fca_4b29411f15a1ca9e28469ee2",
    )
    account = {
        "id": ident,
        "institution_name": bank,
        "last4": last4,
        "status": "disconnected",
    }
    account["balance"] = {"current": {"usd": 125_000_000}}
    moved = {
        "id": "fctxn_8695261d2ac318517c345149",
        "amount": -29_715,
        "currency": "usd",
        "transacted_at": NOW,
    }
    owner = {
        "name": "Ines Sample",
        "email": "ines.sample@example.com",
        "phone": "+12025550127",
    }
    accounts, transaction = (
        [Account.from_dict(account)],
        Transaction.from_dict({**moved, "description": bank}),
    )
    totals = {charts.Period("2023-11", "usd"): charts.Totals(125_000_000, 4_796_146, 2)}
    for drawing, whole in [
        (tables.accounts(accounts, NOW), [ident, "$1,250,000.00", last4]),
        (
            tables.transactions([transaction], NOW),
            [moved["id"], "-$297.15", "2023-11-14"],
        ),
        (tables.owners([AccountOwner.from_dict(owner)]), [owner["phone"]]),
        (charts.balances(accounts), ["$1,250,000.00", last4]),
        (charts.spending(totals), ["2023-11", "$1,250,000.00", "$47,961.46"]),
        (details.transaction(transaction, NOW), ["-$297.15", "2023-11-14"]),
    ]:
        lines = strip_escapes(render(drawing, width)).splitlines()
        assert all(any(value in line for line in lines) for value in whole), lines
        assert width >= max(map(len, lines))


@pytest.mark.parametrize("width", [80, 120])
def test_escape_sequences_and_markup_have_no_effect(width):
    transaction = Transaction.from_dict(
        {"id": "fctxn_1", "description": HOSTILE, "status": HOSTILE, "currency": "usd"}
    )
    account = Account.from_dict(
        {
            "id": "fca_1",
            "institution_name": HOSTILE,
            "last4": HOSTILE,
            "display_name": HOSTILE,
        }
    )
    owner = AccountOwner.from_dict({"name": HOSTILE, "raw_address": HOSTILE})
    for drawing in (
        tables.transactions([transaction], NOW),
        tables.accounts([account], NOW),
        tables.owners([owner]),
        details.transaction(transaction, NOW),
        details.account(account, NOW),
    ):
        shown = render(drawing, width)
        assert "�[2J" in shown
        assert not {"\x07", "\x9b", "\u202e", "\r"} & set(shown)
        assert not any(
            sequence in shown for sequence in ("\x1b[2J", "\x1b]0", "\x1b]8")
        )


def test_markup_is_shown_literally():
    assert "[red]x[/red] :smile:" in render(tables.text("[red]x[/red] :smile:"))


@given(st.text(st.characters(exclude_categories=())))
def test_json_lines_are_ascii(text):
    line = json_line({"description": text})
    assert line.isascii()
    assert 1 == line.count("\n")
    assert "\x1b" not in line


NUMBERS = (
    b'{"type": "x", "a": NaN, "b": [Infinity, -Infinity, 1e999, -1e999],'
    b' "NaN": "NaN Infinity \\"NaN", "c": 1.5}'
)


def parse_strictly(text):
    def fail(token):
        raise AssertionError(token)

    return json.loads(text, parse_constant=fail)


def test_numbers_json_cannot_represent_are_strings():
    line = json_line(parse_event(NUMBERS).to_dict())
    expected = {
        "a": "NaN",
        "b": ["Infinity", "-Infinity", "1E+999", "-1E+999"],
        "NaN": 'NaN Infinity "NaN',
        "c": 1.5,
    }
    assert {"type": "x", **expected} == parse_strictly(line)


def test_numbers_json_cannot_represent_are_strings_in_a_row():
    row = row_from({"amount": math.nan, "b": math.inf})
    assert (None, {"amount": "NaN", "b": "Infinity"}) == (
        row["amount"],
        parse_strictly(row["extra"]),
    )


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.sampled_from(["NaN", '"Infinity', "\\"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text() | st.just("NaN"), inner, max_size=3)
        ),
    )
)
def test_every_line_is_strictly_valid_json(value):
    def replace_infinite(part):
        match part:
            case float() if not math.isfinite(part):
                return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(part, "NaN")
            case list():
                return [replace_infinite(item) for item in part]
            case dict():
                return {key: replace_infinite(item) for key, item in part.items()}
        return part

    assert replace_infinite(value) == parse_strictly(json_line(value))


def test_a_deeply_nested_infinite_number_is_encoded():
    deep = json.loads("[" * 900 + "NaN" + "]" * 900)
    assert '["NaN"]' in json_line(deep)


def test_a_number_of_any_length_is_encoded():
    digits = b"1" * 5_000
    transaction = parse_event(b'{"amount": %b}' % digits)
    line = json_line(transaction.to_dict())
    assert digits.decode() in line
    assert digits.decode() in row_from(transaction.to_dict())["extra"]


@given(any_object(Account), st.sampled_from([80, 120]))
def test_any_account_can_be_rendered(account, width):
    render(tables.accounts([account], NOW), width)
    render(details.account(account, NOW), width)
    render(charts.balances([account]), width)


@given(any_object(Authorization))
def test_any_event_about_an_authorization_can_be_rendered(authorization):
    event = {
        "type": "financial_connections.authorization.upcoming_deactivation",
        "data": {"object": authorization.to_dict()},
    }
    render(event_details.event(parse_event(json_line(event).encode()), NOW))


@given(any_object(Transaction))
def test_any_transaction_can_be_rendered(transaction):
    async def transactions():
        yield transaction

    render(tables.transactions([transaction], NOW))
    render(details.transaction(transaction, NOW))
    render(charts.spending(anyio.run(charts.sum_by_month, transactions())))


@given(any_object(Session), any_object(AccountOwner), st.booleans())
def test_any_session_and_owner_can_be_rendered(session, owner, show):
    render(details.session(session, NOW, show_client_secret=show))
    render(tables.owners([owner]))


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"data": {"object": 3}}', b'{"type": "x", "data": {"object": {"a": 1}}}'],
)
def test_any_event_can_be_rendered(body):
    render(event_details.event(parse_event(body), NOW))


def test_a_client_secret_is_rendered_only_on_request():
    session = Session.from_dict(
        {"id": "fcsess_1", "client_secret": "fcsess_1_secret_abc"}
    )
    assert "_secret_" not in render(
        details.session(session, NOW, show_client_secret=False)
    )
    assert "fcsess_1_secret_abc" in render(
        details.session(session, NOW, show_client_secret=True)
    )


def test_monthly_totals_exclude_void_transactions():
    january, february = (
        int(datetime(2024, month, 1, tzinfo=UTC).timestamp()) for month in (1, 2)
    )

    async def transactions():
        for amount, currency, seconds, status in [
            (100, "usd", january, "posted"),
            (-30, "usd", january, "pending"),
            (-5, "usd", january, "void"),
            (7, "jpy", january, "posted"),
            (-1, "usd", february, "brand_new"),
            (None, "usd", february, "posted"),
            (1, "usd", None, "posted"),
        ]:
            yield Transaction(
                amount=amount, currency=currency, transacted_at=seconds, status=status
            )

    assert [
        {"month": "2024-02", "currency": "usd", "in": 0, "out": 1, "transactions": 1},
        {
            "month": "2024-01",
            "currency": "usd",
            "in": 100,
            "out": 30,
            "transactions": 2,
        },
        {"month": "2024-01", "currency": "jpy", "in": 7, "out": 0, "transactions": 1},
    ] == charts.month_records(anyio.run(charts.sum_by_month, transactions()))

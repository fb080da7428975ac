"""Rows keep everything, and no spreadsheet runs what is in them."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.rows import COLUMNS, csv_lines, row_from

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=4,
)
FLAT = [name for name in COLUMNS if "." not in name]
TRANSACTIONS = st.dictionaries(
    st.sampled_from(FLAT) | TEXTS, ANYTHING, max_size=8
).flatmap(
    lambda flat: st.builds(
        lambda transitions: {**flat, **transitions},
        st.fixed_dictionaries(
            {},
            optional={
                "status_transitions": ANYTHING
                | st.dictionaries(
                    st.sampled_from(["posted_at", "void_at", "returned_at"]), ANYTHING
                )
            },
        ),
    )
)


def without_nothing(transaction):
    """A transaction without what is null or empty: in a table nobody can tell it from
    what was not sent.
    """
    told = dict(transaction)
    transitions = told.get("status_transitions")
    if isinstance(transitions, dict):
        told["status_transitions"] = {
            name: value
            for name, value in transitions.items()
            if value is not None or name not in {"posted_at", "void_at"}
        } or None
    return {name: value for name, value in told.items() if value is not None}


def transaction_from(row):
    """What a reader makes of a row, by the rules that are documented."""
    extra = json.loads(row["extra"]) if row["extra"] else {}
    told = {
        name: value
        for name, value in row.items()
        if value is not None and name != "extra" and "." not in name
    }
    transitions = {
        name.partition(".")[2]: value
        for name, value in row.items()
        if "." in name and value is not None
    }
    transitions |= extra.pop("status_transitions", {}) if transitions else {}
    return {
        **told,
        **extra,
        **({"status_transitions": transitions} if transitions else {}),
    }


def values_from(cells):
    """What a reader makes of the cells of CSV."""
    for (column, kind), cell in zip(COLUMNS.items(), cells, strict=True):
        if not cell:
            yield column, None
        elif kind is str:
            yield column, cell.removeprefix("'")
        else:
            yield column, cell == "true" if kind is bool else int(cell)


@given(TRANSACTIONS)
def test_a_row_has_all_of_a_transaction(transaction):
    assert without_nothing(transaction) == without_nothing(
        transaction_from(row_from(transaction))
    )


@given(st.lists(TRANSACTIONS, max_size=3))
def test_csv_can_be_read_back(transactions):
    rows = [row_from(transaction) for transaction in transactions]
    written = csv_lines(row.values() for row in rows).decode()
    read = [
        dict(values_from(cells))
        for cells in csv.reader(io.StringIO(written, newline=""))
    ]
    assert rows == read


@given(TRANSACTIONS)
def test_no_cell_of_text_starts_a_formula(transaction):
    [cells] = csv.reader(
        io.StringIO(csv_lines([row_from(transaction).values()]).decode(), newline="")
    )
    texts = [
        cell for cell, kind in zip(cells, COLUMNS.values(), strict=True) if kind is str
    ]
    assert not [
        text
        for text in texts
        if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("Coffee\rtwice", '"Coffee\rtwice"'),
        ("'tis", "''tis"),
        ("Coffee", "Coffee"),
        (-950, "-950"),
        (True, "true"),
    ],
)
def test_a_formula_gets_an_apostrophe_and_a_number_none(value, cell):
    assert f"{cell}\r\n".encode() == csv_lines([[value]])


INVISIBLE = [
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\N{NO-BREAK SPACE}",
    "\ufeff",
    "\u200b",
    "\0",
    "\x1b",
    "\u202e",
    "\u2060 \ufeff",
]


@pytest.mark.parametrize("sign", "=+-@\uff1d")
@pytest.mark.parametrize("before", INVISIBLE)
def test_a_formula_behind_what_cannot_be_seen_gets_an_apostrophe(before, sign):
    text = f"{before}{sign}1+1"
    if text.startswith(("\t=", "\r", "\n")):  # these begin with a separator too
        return
    row = row_from({"description": text})
    cells = dict(
        zip(
            row,
            next(
                csv.reader(io.StringIO(csv_lines([row.values()]).decode(), newline=""))
            ),
            strict=True,
        )
    )
    value = cells["description"] or json.loads(cells["extra"])["description"]
    assert text == value.removeprefix("'")
    assert not cells["description"] or cells["description"].startswith("'")


def cells_of_spreadsheets(written):
    """The cells that spreadsheets could find, whatever they split at and whether or not
    they know quotes.
    """
    yield from (
        cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row
    )
    for separator in ";\t":
        reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
        yield from (cell for row in reader for cell in row)
        yield from (cell.strip('"') for cell in re.split(f"[{separator}\r\n]", written))


HOSTILE = st.lists(
    st.sampled_from(
        [*"=+-@\uff1d;,\t\r\n'\" a1", "\ufeff", "\u200b", "\0", "=1+1", ";=1", "\n@x"]
    ),
    max_size=8,
).map("".join)


@given(
    st.dictionaries(
        st.sampled_from(["description", "status", "id", "account"]) | HOSTILE,
        HOSTILE,
        max_size=4,
    )
)
def test_no_spreadsheet_finds_a_formula_whatever_it_splits_at(transaction):
    row = row_from({"amount": 5, **transaction})
    written = csv_lines([row.values()]).decode()
    for cell in cells_of_spreadsheets(written):
        visible = "".join(
            character
            for character in cell
            if character.isprintable() and not character.isspace()
        )
        assert not visible.startswith(("=", "+", "-", "@", "\uff1d")), written
    [cells] = csv.reader(io.StringIO(written, newline=""))
    assert row == dict(values_from(cells))
    assert without_nothing({"amount": 5, **transaction}) == without_nothing(
        transaction_from(row)
    )


def test_a_text_that_would_be_split_into_a_formula_is_in_extra():
    row = row_from({"description": "a;=1+1;b"})
    assert (None, r'{"description":"a\u003b=1+1\u003bb"}') == (
        row["description"],
        row["extra"],
    )
    assert "a; b\tc" == row_from({"description": "a; b\tc"})["description"]


def test_a_long_text_of_separators_takes_linear_time():
    assert row_from({"description": ";" * 300_000})["extra"] is None


@pytest.mark.parametrize(
    "field",
    [
        {"description": "a;=1+1;b"},
        {"description": "a;\u200b =1+1"},
        {"description": "two lines\n@cmd"},
        {"amount": True},
        {"amount": 12.5},
        {"amount": 2**63},
        {"description": ""},
        {"description": "\ud800"},
        {"status_transitions": "soon"},
        {"status_transitions": {"returned_at": 1}},
        {"brand_new": [1]},
    ],
)
def test_what_a_cell_cannot_hold_is_in_extra(field):
    row = row_from({"id": "fctxn_1", **field})
    assert field == json.loads(row.pop("extra"))
    assert {"id": "fctxn_1"} == {
        name: value for name, value in row.items() if value is not None
    }


def test_the_columns_are_the_same_for_every_transaction():
    assert (
        list(COLUMNS)
        == list(row_from({}))
        == list(row_from({"zebra": 1, "id": "fctxn_1"}))
    )

"""Rows keep every value, and spreadsheets find no formulas in them."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.rows import COLUMNS, csv_lines, row_from

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=4,
)
TOP_LEVEL = [name for name in COLUMNS if "." not in name]
TRANSACTIONS = st.dictionaries(
    st.sampled_from(TOP_LEVEL) | TEXTS, JSON_VALUES, max_size=8
).flatmap(
    lambda flat: st.builds(
        lambda transitions: {**flat, **transitions},
        st.fixed_dictionaries(
            {},
            optional={
                "status_transitions": JSON_VALUES
                | st.dictionaries(
                    st.sampled_from(["posted_at", "void_at", "returned_at"]),
                    JSON_VALUES,
                )
            },
        ),
    )
)


def without_nulls(transaction):
    """Remove nulls, which a table cannot distinguish from absent fields."""
    fields = dict(transaction)
    transitions = fields.get("status_transitions")
    if isinstance(transitions, dict):
        fields["status_transitions"] = {
            name: value
            for name, value in transitions.items()
            if value is not None or name not in {"posted_at", "void_at"}
        } or None
    return {name: value for name, value in fields.items() if value is not None}


def transaction_from(row):
    """Convert a row back to a transaction, following the documented rules."""
    extra = json.loads(row["extra"]) if row["extra"] else {}
    fields = {
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
        **fields,
        **extra,
        **({"status_transitions": transitions} if transitions else {}),
    }


def values_from(cells):
    """Parse CSV cells, following the documented rules."""
    for (column, kind), cell in zip(COLUMNS.items(), cells, strict=True):
        if not cell:
            yield column, None
        elif kind is str:
            yield column, cell.removeprefix("'")
        else:
            yield column, cell == "true" if kind is bool else int(cell)


@given(TRANSACTIONS)
def test_a_row_keeps_the_whole_transaction(transaction):
    assert without_nulls(transaction) == without_nulls(
        transaction_from(row_from(transaction))
    )


@given(st.lists(TRANSACTIONS, max_size=3))
def test_csv_can_be_parsed_back(transactions):
    rows = [row_from(transaction) for transaction in transactions]
    text = csv_lines(row.values() for row in rows).decode()
    parsed = [
        dict(values_from(cells)) for cells in csv.reader(io.StringIO(text, newline=""))
    ]
    assert rows == parsed


@given(TRANSACTIONS)
def test_no_text_cell_starts_a_formula(transaction):
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
def test_formulas_are_prefixed_with_an_apostrophe_but_numbers_are_not(value, cell):
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
def test_a_formula_after_invisible_characters_is_prefixed_too(before, sign):
    text = f"{before}{sign}1+1"
    if text.startswith(("\t=", "\r", "\n")):  # a separator before a formula; see below
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


def cells_in_spreadsheets(text):
    """Yield the cells a spreadsheet may find, with any separator and quoting."""
    yield from (
        cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row
    )
    for separator in ";\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        yield from (cell for row in reader for cell in row)
        yield from (cell.strip('"') for cell in re.split(f"[{separator}\r\n]", text))


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
def test_spreadsheets_find_no_formula_with_any_separator(transaction):
    row = row_from({"amount": 5, **transaction})
    text = csv_lines([row.values()]).decode()
    for cell in cells_in_spreadsheets(text):
        visible = "".join(
            character
            for character in cell
            if character.isprintable() and not character.isspace()
        )
        assert not visible.startswith(("=", "+", "-", "@", "\uff1d")), text
    [cells] = csv.reader(io.StringIO(text, newline=""))
    assert row == dict(values_from(cells))
    assert without_nulls({"amount": 5, **transaction}) == without_nulls(
        transaction_from(row)
    )


def test_text_that_could_split_into_a_formula_is_moved_to_extra():
    row = row_from({"description": "a;=1+1;b"})
    assert (None, r'{"description":"a\u003b=1+1\u003bb"}') == (
        row["description"],
        row["extra"],
    )
    assert "a; b\tc" == row_from({"description": "a; b\tc"})["description"]


def test_a_long_run_of_separators_is_checked_in_linear_time():
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
def test_a_value_that_no_cell_can_hold_is_moved_to_extra(field):
    row = row_from({"id": "fctxn_1", **field})
    assert field == json.loads(row.pop("extra"))
    assert {"id": "fctxn_1"} == {
        name: value for name, value in row.items() if value is not None
    }


def test_every_row_has_the_same_columns():
    assert (
        list(COLUMNS)
        == list(row_from({}))
        == list(row_from({"zebra": 1, "id": "fctxn_1"}))
    )

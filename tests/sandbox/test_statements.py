"""Transactions that could be on a person's statement."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from financial_connections.sandbox import NewAccount, Sandbox

RENT, SALARY = "Rent, Sandbox Street", "Salary, Fictional Works Ltd"


def statement(sandbox, **options):
    """Return an account's transactions by month, oldest first, without the ends."""
    account = sandbox.add_account(**options)
    months = defaultdict(list)
    for transaction in sandbox.api.state.find_account(account)[1].transactions:
        moment = datetime.fromtimestamp(transaction.transacted_at, UTC)
        months[moment.year, moment.month].append(transaction)
    return [months[month] for month in sorted(months)[1:-1]]


def amounts(transactions, description):
    return [t.amount for t in transactions if t.description == description]


@pytest.mark.parametrize(
    ("count", "days"), [(60, 180), (1_249, 180), (25_000, 180), (3_000, 3 * 365)]
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rent_is_paid_once_a_month_and_a_salary_twice(seed, count, days):
    months = statement(Sandbox(seed), transactions=count, history_days=days)
    assert len(months) >= days // 31
    rents = [amounts(month, RENT) for month in months]
    salaries = [amounts(month, SALARY) for month in months]
    assert {1} == set(map(len, rents))
    assert {2} == set(map(len, salaries))
    assert 1 == len({amount for month in rents for amount in month})
    assert 1 == len({amount for month in salaries for amount in month})


@pytest.mark.parametrize("count", [60, 1_249, 25_000])
def test_a_month_ends_with_about_as_much_as_it_began(count):
    for month in statement(Sandbox(), transactions=count):
        total = sum(transaction.amount for transaction in month)
        assert -100_000 < total < 400_000
        assert 0 not in {transaction.amount for transaction in month}


@pytest.mark.parametrize(
    "options",
    [
        {"category": "credit", "transactions": 240},
        {"subcategory": "savings", "transactions": 240},
        {"category": "investment", "transactions": 240},
        {"transactions": 20},
    ],
)
def test_other_accounts_have_no_rent_and_salary(options):
    months = statement(Sandbox(), **options)
    assert {RENT, SALARY}.isdisjoint(t.description for month in months for t in month)


def test_the_same_seed_gives_the_same_statement():
    first, second, other = (
        [
            [(t.id, t.amount, t.description, t.transacted_at) for t in month]
            for month in statement(Sandbox(seed), transactions=250)
        ]
        for seed in (7, 7, 8)
    )
    assert first == second != other


@pytest.mark.parametrize(
    ("days", "error"),
    [(0, ValueError), (3_651, ValueError), (1.5, TypeError), ("9", TypeError)],
)
def test_an_invalid_history_is_rejected(sandbox, days, error):
    with pytest.raises(error, match="history_days"):
        sandbox.add_account(history_days=days)
    with pytest.raises(error, match="history_days"):
        NewAccount(history_days=days)


@pytest.mark.parametrize(
    ("currency", "lowest", "highest"),
    [
        ("usd", 90_000, 150_000),
        ("cad", 126_000, 210_000),
        ("eur", 81_000, 135_000),
        ("gbp", 72_000, 120_000),
        ("jpy", 135_000, 225_000),
        ("kwd", 270_000, 450_000),
    ],
)
def test_rent_is_believable_in_every_currency(currency, lowest, highest):
    months = statement(Sandbox(), transactions=600, currency=currency)
    rents = {-amount for month in months for amount in amounts(month, RENT)}
    assert 1 == len(rents)
    assert lowest <= min(rents) <= highest


def test_a_seed_gives_the_same_purchases_in_every_currency():
    sandboxes = Sandbox(3), Sandbox(3)
    in_dollars, in_yen = (
        [
            (transaction.id, transaction.description, transaction.amount)
            for month in statement(sandbox, transactions=90, currency=currency)
            for transaction in month
        ]
        for sandbox, currency in zip(sandboxes, ("usd", "jpy"), strict=True)
    )
    assert [row[:2] for row in in_dollars] == [row[:2] for row in in_yen]
    assert [round(row[2] * 1.5) for row in in_dollars] == [row[2] for row in in_yen]


def test_the_currency_depends_on_the_institution_unless_it_is_given():
    sandbox = Sandbox()
    bank = "Nowhere Provincial Bank"
    for options in ({}, {"institution_name": bank}, {"institution_name": "Other"}):
        sandbox.add_account(**options)
    sandbox.add_account(institution_name=bank, currency="gbp")
    assert ["usd", "cad", "usd", "gbp"] == [
        sandbox.api.state.find_account(account)[1].currency
        for account in sandbox.accounts
    ]


@pytest.mark.parametrize("currency", ["USD", "dollar", "e1r"])
def test_a_currency_that_is_not_a_code_is_rejected(currency):
    with pytest.raises(ValueError, match="three lower-case letters"):
        Sandbox().add_account(currency=currency)

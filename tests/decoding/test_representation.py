"""Reprs of models, and `show`."""

import pytest

from financial_connections import show
from financial_connections.models import (
    Account,
    AccountOwner,
    AccountOwnership,
    AccountStatus,
    Balance,
    BalanceType,
    CashBalance,
    Session,
    Transaction,
)
from tests.support.lists import ItemList, pager_of

TRANSACTION = {
    "id": "fctxn_1",
    "object": "financial_connections.transaction",
    "account": "fca_1",
    "amount": -1250,
    "currency": "usd",
    "description": "Rocket Rides",
    "livemode": False,
    "status": "posted",
    "status_transitions": {"posted_at": 5, "void_at": None},
    "transacted_at": 4,
    "transaction_refresh": "fctxnref_1",
    "updated": 6,
}
SESSION = Session(id="fcsess_1", client_secret="tops3cret")


@pytest.fixture
def full(monkeypatch):
    monkeypatch.setenv("FINANCIAL_CONNECTIONS_REPR", "full")


def test_a_repr_shows_ids_states_and_times_without_noise():
    assert (
        "Transaction(id='fctxn_1', account='fca_1', "
        "status=<TransactionStatus.POSTED: 'posted'>, "
        "status_transitions=StatusTransitions(posted_at=5), transacted_at=4, "
        "transaction_refresh='fctxnref_1', updated=6, …)"
    ) == repr(Transaction.from_dict(TRANSACTION))


def test_a_repr_without_hidden_data_has_no_ellipsis():
    account = Account(id="fca_1", status=AccountStatus.ACTIVE, livemode=False)
    assert "Account(id='fca_1', status=<AccountStatus.ACTIVE: 'active'>)" == (
        repr(account)
    )


def test_a_repr_counts_nested_objects():
    owners = [AccountOwner(name="Ada"), AccountOwner(name="Grace")]
    assert "AccountOwnership(owners=[2 items])" == repr(AccountOwnership(owners=owners))
    assert "AccountOwnership(owners=[1 item])" == (
        repr(AccountOwnership(owners=owners[:1]))
    )


def test_a_nested_object_with_hidden_data_has_an_ellipsis():
    balance = Balance(cash=CashBalance(available={"usd": 7}), type=BalanceType.CASH)
    assert "Balance(cash=CashBalance(…), type=<BalanceType.CASH: 'cash'>)" == (
        repr(balance)
    )


def test_a_full_repr_shows_bank_data(full):
    text = repr(Transaction.from_dict(TRANSACTION))
    assert "amount=-1250, currency='usd', description='Rocket Rides'" in text
    assert "…" not in text
    owners = [AccountOwner(name="Ada")]
    assert "AccountOwnership(owners=[AccountOwner(name='Ada')])" == (
        repr(AccountOwnership(owners=owners))
    )


@pytest.mark.parametrize("value", ["", "1", "FULL"])
def test_other_values_of_the_variable_hide_bank_data(monkeypatch, value):
    monkeypatch.setenv("FINANCIAL_CONNECTIONS_REPR", value)
    assert "Rocket" not in repr(Transaction.from_dict(TRANSACTION))


def test_a_client_secret_is_never_shown(full, capsys):
    show(SESSION)
    show([{"client_secret": "tops3cret", "id": "fcsess_1"}])
    output = capsys.readouterr().out
    assert 2 == output.count("fcsess_1")
    assert "tops3cret" not in output + repr(SESSION)


def test_show_prints_all_data_of_a_model(capsys):
    balance = Balance(current={"usd": 7}, cash=CashBalance(available={}))
    show(Account(id="fca_1", last4="6789", balance=balance, permissions=[]))
    assert (
        "Account(\n"
        "    id='fca_1',\n"
        "    balance=Balance(\n"
        "        cash=CashBalance(\n"
        "            available={},\n"
        "        ),\n"
        "        current={\n"
        "            'usd': 7,\n"
        "        },\n"
        "    ),\n"
        "    last4='6789',\n"
        "    permissions=[],\n"
        ")\n"
    ) == capsys.readouterr().out


async def test_show_prints_the_items_of_a_page(capsys):
    accounts = [Account(id="fca_1", last4="6789"), Account(id="fca_2")]
    show(await pager_of(ItemList(accounts, has_more=False)))
    assert (
        "[\n"
        "    Account(\n"
        "        id='fca_1',\n"
        "        last4='6789',\n"
        "    ),\n"
        "    Account(\n"
        "        id='fca_2',\n"
        "    ),\n"
        "]\n"
    ) == capsys.readouterr().out

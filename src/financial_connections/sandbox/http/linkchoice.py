"""Accounts that the link page offers, and the user's choice among them."""

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from financial_connections.sandbox.api import completion, manualentry
from financial_connections.sandbox.api.fakes import INSTITUTIONS, Institution
from financial_connections.sandbox.api.form import Node
from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.api.records import Account, Session


@frozen
class Offer:
    """An account that the user can choose."""

    value: str
    """Value of its checkbox."""
    title: str
    """Name of the account."""
    account: NewAccount | Account
    """Account to link, without its institution, or one to link again."""


@frozen
class Choice:
    """The user's choice (nothing if cancelled), or a problem to report."""

    accounts: Sequence[NewAccount | str] = ()
    """Accounts to link, or IDs of accounts to link again."""
    bank_account: tuple[str, str] | None = None
    """Routing number and account number, if the user entered them."""
    problem: str = ""
    """Why the form is incomplete."""


_NEW = tuple(
    Offer(new.subcategory or "", new.display_name or "", new)
    for new in (
        NewAccount(
            category="cash",
            subcategory="checking",
            display_name="Everyday Checking",
            transactions=120,
        ),
        NewAccount(
            category="cash",
            subcategory="savings",
            display_name="Rainy Day Savings",
            transactions=12,
        ),
        NewAccount(
            category="credit",
            subcategory="credit_card",
            display_name="Paper Credit Card",
            transactions=60,
        ),
        NewAccount(
            category="credit",
            subcategory="mortgage",
            display_name="House of Cards Mortgage",
            transactions=6,
        ),
        NewAccount(
            category="credit",
            subcategory="line_of_credit",
            display_name="Dotted Line of Credit",
            transactions=6,
        ),
        NewAccount(
            category="investment",
            subcategory="other",
            display_name="Castles in the Air Fund",
            transactions=6,
        ),
    )
)


def institutions(session: Session) -> list[Institution]:
    """Return the institutions in the session's countries."""
    countries = session.filters.countries if session.filters else None
    return [
        institution
        for institution in INSTITUTIONS
        if countries is None or institution.country in countries
    ]


def offers(session: Session, again: Sequence[Account]) -> list[Offer]:
    """Return the accounts that match the session's filters.

    Args:
        session: The session.
        again: Accounts that the user should link again.
    """
    renewals = [
        Offer(
            account.id,
            f"{account.display_name} at {account.institution_name}, ending in"
            f" {account.last4} (link again)",
            account,
        )
        for account in again
    ]
    return [
        offer
        for offer in (*renewals, *_NEW)
        if completion.is_offered(session, offer.account)
    ]


def choice_from(
    session: Session, offered: Sequence[Offer], form: Mapping[str, Node]
) -> Choice:
    """Return the user's choice from a submitted form."""
    if form.get("decision") == "cancel":
        return Choice()
    if form.get("decision") == "enter" and session.manual_entry == "automatic":
        return _bank_account(form)
    name = form.get("institution")
    if name not in {institution.name for institution in institutions(session)}:
        return Choice(problem="Choose an institution.")
    values = form.get("accounts", [])
    chosen = [
        offer.account
        for offer in offered
        if isinstance(values, list) and offer.value in values
    ]
    if not chosen:
        return Choice(problem="Choose at least one account.")
    for account in chosen:
        if isinstance(account, Account) and account.institution_name != name:
            return Choice(
                problem=f"Choose {account.institution_name} to link"
                f" {account.display_name} again."
            )
    return Choice(
        [
            account.id
            if isinstance(account, Account)
            else evolve(account, institution_name=str(name))
            for account in chosen
        ],
        problem=completion.problem_with(session, chosen) or "",
    )


def _bank_account(form: Mapping[str, Node]) -> Choice:
    numbers = [form.get(name) for name in ("routing_number", "account_number")]
    routing_number, account_number = (
        value.strip() if isinstance(value, str) else "" for value in numbers
    )
    problem = manualentry.problem_with(routing_number, account_number)
    return Choice(bank_account=(routing_number, account_number), problem=problem or "")

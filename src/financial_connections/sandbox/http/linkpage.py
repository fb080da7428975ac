"""The linking page: what Stripe's modal does in production, as one plain form.

A person picks an institution and accounts, and consents or not. It needs no JavaScript,
loads nothing from elsewhere, and is usable by keyboard and screen reader. Pure: text
in, text out.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from html import escape
from urllib.parse import urlsplit

from attrs import frozen

from financial_connections.sandbox.api.fakes import BANKS, Bank
from financial_connections.sandbox.api.form import Node
from financial_connections.sandbox.api.records import Category, Session, Subcategory
from financial_connections.sandbox.api.sessions import NewAccount


@frozen
class _Offer:
    value: str
    title: str
    category: Category
    subcategory: Subcategory
    transactions: int


_OFFERS = (
    _Offer("checking", "Everyday Checking", "cash", "checking", 120),
    _Offer("savings", "Rainy Day Savings", "cash", "savings", 12),
    _Offer("credit_card", "Paper Credit Card", "credit", "credit_card", 60),
    _Offer("investment", "Castles in the Air Fund", "investment", "other", 6),
)

_PERMISSIONS = {
    "balances": "balances",
    "ownership": "the names and addresses of the account's owners",
    "payment_method": "account and routing numbers, for payments",
    "transactions": "transactions of the last 180 days",
}

_NO_BANK = "<p>There is none in the countries asked for.</p>"

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
fieldset { border: 1px solid; border-radius: .4rem; margin: 1rem 0; padding: .5rem 1rem 1rem; }
label { display: block; padding: .35rem 0; }
button { font: inherit; padding: .5rem 1.2rem; margin: 0 .6rem .6rem 0; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
[role=alert] { border-left: .4rem solid; padding-left: .8rem; }
"""


@frozen
class Choice:
    """What a person chose: accounts to link, none when cancelled, or what is still
    missing.
    """

    accounts: Sequence[NewAccount] = ()
    problem: str = ""


def banks(session: Session) -> list[Bank]:
    """Return the institutions of the countries that the session allows."""
    return [
        bank
        for bank in BANKS
        if session.countries is None or bank.country in session.countries
    ]


def choice_from(session: Session, sent: Mapping[str, Node]) -> Choice:
    """Return what the form says."""
    if sent.get("decision") == "cancel":
        return Choice()
    bank = next(
        (bank for bank in banks(session) if bank.name == sent.get("institution")), None
    )
    if bank is None:
        return Choice(problem="Choose an institution.")
    wanted = sent.get("accounts", [])
    offers = [
        offer for offer in _OFFERS if isinstance(wanted, list) and offer.value in wanted
    ]
    if not offers:
        return Choice(problem="Choose at least one account.")
    return Choice([_account(bank, offer) for offer in offers])


def _account(bank: Bank, offer: _Offer) -> NewAccount:
    return NewAccount(
        category=offer.category,
        subcategory=offer.subcategory,
        institution_name=bank.name,
        display_name=offer.title,
        transactions=offer.transactions,
    )


def form_page(
    session: Session, problem: str = "", sent: Mapping[str, Node] | None = None
) -> str:
    """Return the page on which to choose; what was chosen before a problem stays
    chosen.
    """
    chosen = _chosen(sent or {})
    institutions = "".join(
        _option("radio", "institution", bank.name, bank.name, chosen)
        for bank in banks(session)
    )
    accounts = "".join(
        _option("checkbox", "accounts[]", offer.value, offer.title, chosen)
        for offer in _OFFERS
    )
    shared = "".join(
        f"<li>{_PERMISSIONS[permission]}</li>" for permission in session.permissions
    )
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Link your accounts",
        f"""{alert}
<form method="post">
<fieldset><legend>Your institution</legend>{institutions or _NO_BANK}</fieldset>
<fieldset><legend>Accounts to share</legend>{accounts}</fieldset>
<h2>What will be shared</h2>
<ul>{shared}</ul>
<p><button name="decision" value="connect">Agree and connect</button>
<button name="decision" value="cancel">Cancel</button></p>
</form>""",
    )


def done_page(session: Session) -> str:
    """Return the page after the decision, or for a session that had one before."""
    back = _link(session.return_url) if session.return_url else ""
    if session.status != "completed":
        return _page(
            "Nothing was linked",
            f"<p>You cancelled. You can close this page.</p>{back}",
        )
    linked = "".join(
        f"<li>{escape(account.institution_name)}: {escape(account.display_name)}, ending in {account.last4}</li>"
        for account in session.accounts
    )
    return _page(
        "Your accounts are linked",
        f"<ul>{linked}</ul><p>You can close this page.</p>{back}",
    )


def index_page(sessions: Sequence[Session]) -> str:
    """Return the page that leads to each open session."""
    links = "".join(
        f'<li><a href="link/{escape(item.client_secret)}">{item.id}</a></li>'
        for item in sessions
    )
    return _page(
        "Open linking sessions",
        f"<ul>{links}</ul>" if links else "<p>None is open.</p>",
    )


def unknown_page() -> str:
    """Return the page for a session that does not exist."""
    return _page(
        "No such session", "<p>This address belongs to no linking session.</p>"
    )


def _chosen(sent: Mapping[str, Node]) -> set[str]:
    accounts = sent.get("accounts")
    wanted = accounts if isinstance(accounts, list) else []
    return {
        value for value in (sent.get("institution"), *wanted) if isinstance(value, str)
    }


def _option(
    kind: str, name: str, value: str, title: str, chosen: AbstractSet[str]
) -> str:
    state = " checked" if value in chosen else ""
    field = f'<input type="{kind}" name="{name}" value="{escape(value)}"{state}>'
    return f"<label>{field} {escape(title)}</label>"


def _link(url: str) -> str:
    # A return address comes from the API's caller: it may be text, but no script.
    if urlsplit(url).scheme not in {"http", "https"}:
        return f"<p>Return to {escape(url)}</p>"
    return f'<p><a href="{escape(url)}">Return</a></p>'


def _page(title: str, body: str) -> str:
    # Without the referrer policy a browser sends the form with `Origin: null`, which
    # could be anybody's.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<title>{title} | Sandbox</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>This is a sandbox: every institution and account here is made up.</p>
{body}
</main>
</body>
</html>
"""

"""The link page, a plain form that replaces Stripe's modal.

The user chooses an institution and accounts, and then consents or cancels. The page
needs no JavaScript, loads nothing from other hosts, and works with a keyboard or a
screen reader. All functions in this module are pure.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from html import escape
from urllib.parse import urlsplit

from financial_connections.sandbox.api.form import Node
from financial_connections.sandbox.api.records import Session
from financial_connections.sandbox.http.linkchoice import Offer, institutions

_PERMISSIONS = {
    "balances": "balances",
    "ownership": "the names and addresses of the account's owners",
    "payment_method": "account and routing numbers, for payments",
    "transactions": "transactions of the last 180 days",
}

_NO_INSTITUTION = "<p>No institution is available in the requested country.</p>"
_NO_ACCOUNT = "<p>No account of the requested kind is available.</p>"

# A form of its own, so that the Enter key in its fields presses its own button.
_MANUAL_ENTRY = """<form method="post">
<fieldset><legend>Or enter a bank account</legend>
<label>Routing number <input name="routing_number" inputmode="numeric"></label>
<label>Account number <input name="account_number" inputmode="numeric"></label>
<p><button name="decision" value="enter">Use this bank account</button></p>
</fieldset>
</form>"""

_STYLE = """
:root { color-scheme: light dark; }
body {
  font: 1.1rem/1.5 system-ui, sans-serif;
  max-width: 36rem; margin: 2rem auto; padding: 0 1rem;
}
fieldset {
  border: 1px solid; border-radius: .4rem;
  margin: 1rem 0; padding: .5rem 1rem 1rem;
}
label { display: block; padding: .35rem 0; }
button { font: inherit; padding: .5rem 1.2rem; margin: 0 .6rem .6rem 0; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
[role=alert] { border-left: .4rem solid; padding-left: .8rem; }
"""


def form_page(
    session: Session,
    offers: Sequence[Offer],
    problem: str = "",
    form: Mapping[str, Node] | None = None,
) -> str:
    """Return the page with the form, keeping earlier choices selected."""
    chosen = _chosen(form or {})
    radios = "".join(
        _option("radio", "institution", institution.name, institution.name, chosen)
        for institution in institutions(session)
    )
    accounts = "".join(
        _option("checkbox", "accounts[]", offer.value, offer.title, chosen)
        for offer in offers
    )
    shared = "".join(
        f"<li>{_PERMISSIONS[permission]}</li>" for permission in session.permissions
    )
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    manual_entry = _MANUAL_ENTRY if session.manual_entry == "automatic" else ""
    return _page(
        "Link your accounts",
        f"""{alert}
<form method="post">
<fieldset><legend>Your institution</legend>{radios or _NO_INSTITUTION}</fieldset>
<fieldset><legend>Accounts to share</legend>{accounts or _NO_ACCOUNT}</fieldset>
<h2>What will be shared</h2>
<ul>{shared}</ul>
<p><button name="decision" value="connect">Agree and connect</button>
<button name="decision" value="cancel">Cancel</button></p>
</form>
{manual_entry}""",
    )


def done_page(session: Session) -> str:
    """Return the page for a session that has been completed or cancelled."""
    back = _link(session.return_url) if session.return_url else ""
    if session.status != "completed":
        return _page(
            "Nothing was linked",
            f"<p>You cancelled. You can close this page.</p>{back}",
        )
    if session.bank_account_token is not None:
        last4 = session.bank_account_token["bank_account"]["last4"]
        return _page(
            "Your bank account was entered",
            f"<p>The account ending in {last4} can be used for payments."
            f" You can close this page.</p>{back}",
        )
    linked = "".join(
        f"<li>{escape(account.institution_name)}: {escape(account.display_name)},"
        f" ending in {account.last4}</li>"
        for account in session.accounts
    )
    return _page(
        "Your accounts are linked",
        f"<ul>{linked}</ul><p>You can close this page.</p>{back}",
    )


def index_page(sessions: Sequence[Session]) -> str:
    """Return the page that links to each open session."""
    links = "".join(
        f'<li><a href="link/{escape(session.client_secret)}">{session.id}</a></li>'
        for session in sessions
    )
    return _page(
        "Open sessions",
        f"<ul>{links}</ul>" if links else "<p>There are no open sessions.</p>",
    )


def unknown_page() -> str:
    """Return the page for an unknown session."""
    return _page("Session not found", "<p>There is no session at this address.</p>")


def _chosen(form: Mapping[str, Node]) -> set[str]:
    accounts = form.get("accounts")
    values = accounts if isinstance(accounts, list) else []
    return {
        value for value in (form.get("institution"), *values) if isinstance(value, str)
    }


def _option(
    kind: str, name: str, value: str, title: str, chosen: AbstractSet[str]
) -> str:
    state = " checked" if value in chosen else ""
    field = f'<input type="{kind}" name="{name}" value="{escape(value)}"{state}>'
    return f"<label>{field} {escape(title)}</label>"


def _link(url: str) -> str:
    # The API caller chose the URL, so it must not run a script (`javascript:`).
    if urlsplit(url).scheme not in {"http", "https"}:
        return f"<p>Return to {escape(url)}</p>"
    return f'<p><a href="{escape(url)}">Return</a></p>'


def _page(title: str, body: str) -> str:
    # Without this referrer policy, browsers submit the form with `Origin: null`, which
    # does not identify this page.
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
<p>This is a sandbox. All institutions and accounts are fictional.</p>
{body}
</main>
</body>
</html>
"""

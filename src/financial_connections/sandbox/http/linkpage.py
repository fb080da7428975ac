"""The link page, a form that replaces Stripe's modal.

The user chooses an institution and accounts, and then consents or cancels. The page
works without JavaScript, loads nothing from other hosts, and works with a keyboard or a
screen reader. All functions in this module are pure.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from html import escape
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from financial_connections.sandbox.api.form import Node
from financial_connections.sandbox.api.records import Account, Session
from financial_connections.sandbox.http.linkchoice import Offer, institutions

_PERMISSIONS = {
    "balances": "balances",
    "ownership": "the names and addresses of the account's owners",
    "payment_method": "account and routing numbers, for payments",
    "transactions": "transactions of the last 180 days",
}

_NO_INSTITUTION = "<p>No institution is available in the requested country.</p>"
_NO_ACCOUNT = "<p>No account of the requested kind is available.</p>"
_HUES = 8
_SECONDS_BEFORE_RETURN = 2

# A form of its own, so that the Enter key in its fields presses its own button.
_MANUAL_ENTRY = """<form method="post" class="manual">
<details><summary>My bank is not listed</summary>
<fieldset><legend>Enter a bank account</legend>
<label class="field">Routing number
<input name="routing_number" inputmode="numeric"></label>
<label class="field">Account number
<input name="account_number" inputmode="numeric"></label>
<button name="decision" value="enter">Use this bank account</button>
</fieldset></details>
</form>"""


@frozen
class Outcome:
    """The page that has opened the link page, and what to send to it.

    `origin` is empty if no page has opened it. `result` is what Stripe.js would return.
    """

    origin: str = ""
    result: Mapping[str, Any] | None = None


def form_page(
    session: Session,
    offers: Sequence[Offer],
    problem: str = "",
    form: Mapping[str, Node] | None = None,
    *,
    origin: str = "",
) -> str:
    """Return the page with the form, keeping earlier choices selected."""
    chosen = _preselected(session, offers) if form is None else _chosen(form)
    names = [institution.name for institution in institutions(session)]
    radios = "".join(
        _option("radio", "institution", name, name, chosen, logo=_logo(name, index))
        for index, name in enumerate(names)
    )
    accounts = "".join(
        _option("checkbox", "accounts[]", offer.value, offer.title, chosen)
        for offer in offers
    )
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    start = "accounts" if problem and chosen & {*names} else "institution"
    manual_entry = _MANUAL_ENTRY if session.manual_entry == "automatic" else ""
    return _page(
        "Link your accounts",
        f"""{alert}
<form method="post" class="link" data-start="{start}">
<section class="step step-institution">
<fieldset><legend>Your institution</legend>
<div class="choices">{radios or _NO_INSTITUTION}</div></fieldset>
</section>
<section class="step step-accounts">
<fieldset><legend>Accounts to share</legend>
<div class="choices">{accounts or _NO_ACCOUNT}</div></fieldset>
{_shared(session)}
<p class="hint">You can disconnect these accounts at any time.</p>
<button class="primary" name="decision" value="connect">Agree and connect</button>
</section>
<button name="decision" value="cancel">Cancel</button>
</form>
{manual_entry}""",
        Outcome(origin),
    )


def done_page(session: Session, outcome: Outcome = Outcome()) -> str:
    """Return the page for a session that has been completed or cancelled.

    It returns to the session's `return_url`, unless another page has opened it.
    """
    url = "" if outcome.origin else session.return_url or ""
    close = "" if outcome.origin or _is_web(url) else "<p>You can close this page.</p>"
    back = close + (_link(url) if url else "")
    if session.status != "completed":
        return _page("Nothing was linked", f"<p>You cancelled.</p>{back}", outcome, url)
    success = '<div class="success" aria-hidden="true">✓</div>'
    if session.bank_account_token is not None:
        last4 = session.bank_account_token["bank_account"]["last4"]
        return _page(
            "Your bank account was entered",
            f"<p>The account ending in {last4} can be used for payments.</p>{back}",
            outcome,
            url,
            success,
        )
    linked = "".join(
        f"<li>{escape(account.institution_name)}: {escape(account.display_name)},"
        f" ending in {account.last4}</li>"
        for account in session.accounts
    )
    return _page(
        "Your accounts are linked",
        f'<ul class="shared">{linked}</ul>{back}',
        outcome,
        url,
        success,
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


def unknown_page(outcome: Outcome = Outcome()) -> str:
    """Return the page for an unknown session."""
    return _page(
        "Session not found", "<p>There is no session at this address.</p>", outcome
    )


def _preselected(session: Session, offers: Sequence[Offer]) -> set[str]:
    """Return the first account and its institution, which are a valid choice."""
    names = [institution.name for institution in institutions(session)]
    if offers and isinstance(first := offers[0].account, Account):
        names = [first.institution_name]
    return {*names[:1], *(offer.value for offer in offers[:1])}


def _shared(session: Session) -> str:
    items = "".join(
        f"<li>{_PERMISSIONS[permission]}</li>" for permission in session.permissions
    )
    return f'<h2>What will be shared</h2>\n<ul class="shared">{items}</ul>'


def _chosen(form: Mapping[str, Node]) -> set[str]:
    accounts = form.get("accounts")
    values = accounts if isinstance(accounts, list) else []
    return {
        value for value in (form.get("institution"), *values) if isinstance(value, str)
    }


def _option(
    kind: str,
    name: str,
    value: str,
    title: str,
    chosen: AbstractSet[str],
    *,
    logo: str = "",
) -> str:
    state = " checked" if value in chosen else ""
    field = f'<input type="{kind}" name="{name}" value="{escape(value)}"{state}>'
    return f"<label>{field}{logo} {escape(title)}</label>"


def _logo(name: str, index: int) -> str:
    initials = "".join(word[0] for word in name.replace("-", " ").split()[:2]).upper()
    return (
        f'<span class="logo hue-{index % _HUES}" aria-hidden="true">{initials}</span>'
    )


def _is_web(url: str) -> bool:
    # The API caller chose the URL, so it must not run a script (`javascript:`).
    return urlsplit(url).scheme in {"http", "https"}


def _link(url: str) -> str:
    if not _is_web(url):
        return f"<p>Return to {escape(url)}</p>"
    return f'<p><a href="{escape(url)}">Return</a></p>'


def _page(
    title: str,
    body: str,
    outcome: Outcome = Outcome(),
    return_url: str = "",
    success: str = "",
) -> str:
    refresh = (
        f'<meta http-equiv="refresh" content="{_SECONDS_BEFORE_RETURN};'
        f'url={escape(return_url)}">'
        if _is_web(return_url)
        else ""
    )
    data = f' data-origin="{escape(outcome.origin)}"' if outcome.origin else ""
    if outcome.origin and outcome.result is not None:
        data += f' data-result="{escape(json.dumps(outcome.result))}"'
        data += " data-linked" if success and "error" not in outcome.result else ""
    # Without this referrer policy, browsers submit the form with `Origin: null`, which
    # does not identify this page.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
{refresh}<title>{title} | Sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/_sandbox/link.css">
<script src="/_sandbox/link.js" defer></script>
</head>
<body{data}>
<main>
<header><strong>Financial Connections</strong><span>Sandbox</span></header>
{success}<h1>{title}</h1>
<p class="hint">All institutions and accounts are fictional.</p>
{body}
</main>
</body>
</html>
"""

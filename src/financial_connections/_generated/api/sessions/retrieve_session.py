"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.session import Session
from financial_connections._generated.models.session_expand import SessionExpand
from financial_connections._request import Request, RequestOptions, Sender


async def retrieve_session(
    sender: Sender,
    session: str,
    *,
    expand: Sequence[SessionExpand] | None = None,
    options: RequestOptions | None = None,
) -> Session:
    """Retrieve a session with the accounts linked in it.

    Args:
        sender: Sends the request.
        session: ID of the session (`fcsess_…`).
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The session.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/sessions/{session}",
        ids={"session": session},
        params={"expand": expand},
        arrays=("expand",),
        expandable=(
            "account_holder.account",
            "account_holder.customer",
            "accounts.data.account_holder.account",
            "accounts.data.account_holder.customer",
            "accounts.data.ownership",
        ),
    )
    return await sender.send(request, Session, options)

"""Sessions, in which people link their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.api.sessions import (
    create_session,
    retrieve_session,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Session
    from financial_connections.params import (
        SessionAccountFilters,
        SessionAccountHolder,
        SessionExpand,
        SessionPermission,
        SessionPrefetch,
    )

__all__ = ["Sessions"]


@frozen
class Sessions:
    """`client.sessions`: Stripe.js opens a session with its `client_secret`; its
    `accounts` are the result.
    """

    _sender: Sender

    async def create(
        self,
        *,
        account_holder: SessionAccountHolder,
        permissions: Sequence[SessionPermission],
        filters: SessionAccountFilters | None = None,
        prefetch: Sequence[SessionPrefetch] | None = None,
        return_url: str | None = None,
        expand: Sequence[SessionExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Session:
        """Start a session in which `account_holder` can link accounts.

        `permissions` are what you ask the holder for, `prefetch` what of it is fetched
        as soon as an account is linked. Mind the plural: a permission is `balances`, a
        refresh's feature is `balance`. The `client_secret` of the result is for the
        holder's browser alone. Source:
        https://docs.stripe.com/api/financial_connections/sessions/create
        """
        return await create_session(
            self._sender,
            account_holder=account_holder,
            permissions=permissions,
            filters=filters,
            prefetch=prefetch,
            return_url=return_url,
            expand=expand,
            options=options,
        )

    async def retrieve(
        self,
        session: str,
        *,
        expand: Sequence[SessionExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Session:
        """Return a session, with the accounts that were linked in it.

        Source: https://docs.stripe.com/api/financial_connections/sessions/retrieve
        """
        return await retrieve_session(
            self._sender, session, expand=expand, options=options
        )

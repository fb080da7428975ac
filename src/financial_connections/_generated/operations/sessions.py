"""Operations on sessions, as methods of a class.

Generated code. Do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.api.sessions import (
    create_session,
    retrieve_session,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from financial_connections._generated.models.session import Session
    from financial_connections._generated.models.session_account_filters import (
        SessionAccountFilters,
    )
    from financial_connections._generated.models.session_account_holder import (
        SessionAccountHolder,
    )
    from financial_connections._generated.models.session_account_limits import (
        SessionAccountLimits,
    )
    from financial_connections._generated.models.session_expand import SessionExpand
    from financial_connections._generated.models.session_manual_entry_options import (
        SessionManualEntryOptions,
    )
    from financial_connections._generated.models.session_permission import (
        SessionPermission,
    )
    from financial_connections._generated.models.session_prefetch import SessionPrefetch
    from financial_connections._request import RequestOptions, Sender


@frozen
class SessionOperations:
    """Sessions in which users link accounts.

    Args:
        sender: Sends the requests.
    """

    _sender: Sender

    async def create(
        self,
        *,
        account_holder: SessionAccountHolder,
        permissions: Sequence[SessionPermission],
        filters: SessionAccountFilters | None = None,
        limits: SessionAccountLimits | None = None,
        manual_entry: SessionManualEntryOptions | None = None,
        prefetch: Sequence[SessionPrefetch] | None = None,
        return_url: str | None = None,
        expand: Sequence[SessionExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Session:
        """Create a session in which a user can link accounts.

        Pass the session's `client_secret` to Stripe.js in the user's browser, and to
        nobody else. There, the user chooses an institution, logs in and agrees to share
        the data you requested.

        Args:
            account_holder: Account holder to whom the linked accounts will belong.
            permissions: Data that the user is asked to share; at least one permission.
                Note the plural: the permission is `balances`, but the feature to
                refresh is `balance`.
            filters: Restrictions on the accounts that can be linked. None by default.
            limits: Limits for the session, such as `{"accounts": 1}`. By default, the
                user can link any number of accounts.
            manual_entry: Settings for entering bank account details by hand, such as
                `{"mode": "disabled"}`. By default, Stripe decides whether to offer it.
            prefetch: Data to fetch as soon as an account is linked. Each feature
                requires its permission. By default, data is only fetched when it is
                refreshed.
            return_url: URL to send the user to after they log in to the institution
                outside the app. Only needed for web views in mobile apps.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The session, with its `client_secret` and without accounts.

        Source: https://docs.stripe.com/api/financial_connections/sessions/create
        """
        return await create_session(
            self._sender,
            account_holder=account_holder,
            permissions=permissions,
            filters=filters,
            limits=limits,
            manual_entry=manual_entry,
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
        """Retrieve a session with the accounts linked in it.

        Args:
            session: ID of the session (`fcsess_…`).
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The session.

        Raises:
            NotFoundError: There is no such session, or the API key has no access to it.

        Source: https://docs.stripe.com/api/financial_connections/sessions/retrieve
        """
        return await retrieve_session(
            self._sender, session, expand=expand, options=options
        )

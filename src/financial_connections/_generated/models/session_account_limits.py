"""Generated code. Do not edit."""

from typing import Literal, Required, TypedDict


class SessionAccountLimits(TypedDict, total=False):
    """Limits for a new session."""

    accounts: Required[int | Literal[""]]
    """Maximum number of accounts that the user can link. An empty string means no
    limit.
    """

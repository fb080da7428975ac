"""Tokens that let a store distinguish its own claims from those of other workers."""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar

_claims: ContextVar[Mapping[tuple[str, str], str]] = ContextVar(
    "financial_connections_claims"
)


class ClaimTokens:
    """Tokens of the claims made through one store object.

    A token belongs to the task that made the claim, because several endpoints can share
    a store object: if one endpoint's claim has expired and another has taken over the
    event, each must use its own token.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)
        self._latest: dict[str, str] = {}

    def new(self) -> str:
        """Return a token for an attempt to claim an event."""
        return secrets.token_hex(16)

    def keep(self, event_id: str, token: str) -> None:
        """Remember the token of a successful claim."""
        self._latest[event_id] = token
        _claims.set({**_claims.get({}), (self._name, event_id): token})

    def pop(self, event_id: str) -> str:
        """Return and forget the token of this task's claim of an event.

        Outside the task that made the claim, the token is that of the latest claim, or
        empty if there is none.
        """
        claims = dict(_claims.get({}))
        own = claims.pop((self._name, event_id), None)
        if own is None:
            return self._latest.pop(event_id, "")
        _claims.set(claims)
        if self._latest.get(event_id) == own:
            del self._latest[event_id]
        return own

"""Owner tokens, by which a store tells its own claims from those of other workers."""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar

_claims: ContextVar[Mapping[tuple[str, str], str]] = ContextVar(
    "financial_connections_claims"
)


class Owners:
    """The tokens of the claims that were made through one store object.

    A token belongs to the task that made the claim. A store object can be shared by
    several endpoints: when the claim of one has expired and another one has taken over
    the event, each must use its own token.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)
        self._latest: dict[str, str] = {}

    def new(self) -> str:
        """Return a token for an attempt to claim an event."""
        return secrets.token_hex(16)

    def keep(self, event_id: str, token: str) -> None:
        """Remember the token of a claim that succeeded."""
        self._latest[event_id] = token
        _claims.set({**_claims.get({}), (self._name, event_id): token})

    def take(self, event_id: str) -> str:
        """Return and forget the token of this task's claim; outside that task, of the
        latest claim, or "".
        """
        claims = dict(_claims.get({}))
        own = claims.pop((self._name, event_id), None)
        if own is None:
            return self._latest.pop(event_id, "")
        _claims.set(claims)
        if self._latest.get(event_id) == own:
            del self._latest[event_id]
        return own

"""Wake refresh waits when a webhook event arrives."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from financial_connections._refresh.polling import Wakeup

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from financial_connections.webhooks import Event


class RefreshNotifier:
    """A notifier that triggers a poll as soon as a webhook event arrives.

    Pass it to `refresh_and_wait` or `wait_for_refresh`, and call `notify` for each
    event, on the same event loop:

        notifier = RefreshNotifier()
        account = await client.accounts.refresh_and_wait(
            "fca_1", features=["balance"], notifier=notifier
        )

        async def on_event(event):          # in your webhook handler
            notifier.notify(event)

    One notifier can serve any number of waits. An event only triggers a poll and never
    ends a wait, because it may be old or belong to another refresh. If many events
    arrive, the wait polls once immediately, and then at most once every quarter of
    `poll`. An event that arrives in between triggers the next poll, so none is missed.
    """

    def __init__(self) -> None:
        self._wakeups: defaultdict[str, list[Wakeup]] = defaultdict(list)

    def notify(self, event: Event | str) -> None:
        """Wake all waits for the event's account.

        Args:
            event: The event, of either kind, or the account's ID.
        """
        account = event if isinstance(event, str) else event.object_id
        for wakeup in self._wakeups.get(account or "", ()):
            wakeup.set()

    @contextmanager
    def _listening(
        self, account: str, on_wakeup: Callable[[Context], object]
    ) -> Generator[Wakeup, None, None]:
        wakeup = Wakeup(on_wakeup)
        self._wakeups[account].append(wakeup)
        try:
            yield wakeup
        finally:
            self._wakeups[account].remove(wakeup)
            if not self._wakeups[account]:
                del self._wakeups[account]

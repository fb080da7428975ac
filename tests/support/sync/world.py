"""A model of the API's behaviour during a sync, small enough to explore completely.

Everything is a value, so worlds can be copied, compared and counted. In this model:

* Refreshes start, touch transactions one by one, and succeed or fail. At most one
  overtakes another: a slower refresh may still touch transactions after the next one
  has succeeded, but it ends before the one after that begins.
* Each list has an order. A touched transaction keeps its position (lists in the order
  of creation) or moves to either end (lists in the order of `transacted_at`, which
  changes when a transaction is posted).
* The list of transactions touched after a refresh is exact, but a response may reflect
  any earlier state of the API.
* The consumer can crash at any step. Its table and its saved cursor survive.
"""

from attrs import evolve, frozen


@frozen(cache_hash=True)
class Api:
    """The state of the API."""

    refreshes: str = ""
    """One letter for each refresh: p for pending, s for succeeded, f for failed."""
    listed: tuple[int, ...] = ()
    """Transactions in list order."""
    touched: tuple[tuple[int, int], ...] = ()
    """For each transaction, the refresh that touched it last, and its version."""
    touches: int = 0
    """Number of touches by pending refreshes."""

    def pending(self):
        return [number for number, status in enumerate(self.refreshes) if status == "p"]

    def account(self):
        """Return the latest refresh if it has succeeded, as a sync reads it."""
        return str(len(self.refreshes) - 1) if self.refreshes.endswith("s") else None

    def truth(self):
        return frozenset(enumerate(self.touched))


@frozen
class Limits:
    """Limits on the size of the worlds to explore."""

    transactions: int
    refreshes: int
    touches: int
    """Maximum number of touches by one refresh."""
    moves: bool
    """True if touched transactions move within the list."""
    overlap: bool
    page_size: int


def api_steps(api, limits):
    """Return every possible next state of the API."""
    steps = []
    pending = api.pending()
    if len(api.refreshes) < limits.refreshes and (
        not pending or (limits.overlap and len(pending) == 1)
    ):
        # A refresh that was overtaken ends before another one begins.
        overtaken = pending and pending[0] < len(api.refreshes) - 1
        if not overtaken:
            steps.append(
                evolve(
                    api,
                    refreshes=api.refreshes + "p",
                    touches=0 if not pending else api.touches,
                )
            )
    for number in pending:
        if api.touches < limits.touches:
            if len(api.touched) < limits.transactions:
                new = len(api.touched)
                touched = (*api.touched, (number, 1))
                steps.append(_touch(api, touched, (new, *api.listed)))
            for item, (_, version) in enumerate(api.touched):
                touched = (
                    *api.touched[:item],
                    (number, version + 1),
                    *api.touched[item + 1 :],
                )
                others = tuple(other for other in api.listed if other != item)
                orders = (
                    {(item, *others), (*others, item)} if limits.moves else {api.listed}
                )
                steps += [_touch(api, touched, order) for order in orders]
        ends = "sf" if number == len(api.refreshes) - 1 else "s"
        steps += [
            evolve(
                api,
                refreshes=api.refreshes[:number] + end + api.refreshes[number + 1 :],
                touches=0,
            )
            for end in ends
        ]
    return steps


def _touch(api, touched, listed):
    return evolve(api, touched=touched, listed=listed, touches=api.touches + 1)


def settle(api, *, overlap):
    """Return the state after all refreshes have succeeded.

    The account does not show when an overtaken refresh has ended, so one more refresh
    succeeds if refreshes may overlap.
    """
    return evolve(
        api, refreshes=api.refreshes.replace("p", "s") + "s" * overlap, touches=0
    )

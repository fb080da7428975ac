"""A model of what the API may do to a sync, small enough to be explored completely.

Everything is a value, so a world can be copied, compared and counted. What is modelled:

* Refreshes start, touch transactions one by one, and succeed or fail. At most one
  overtakes another: a slower one may
  still touch transactions after the next has succeeded, but has ended before the one after that begins.
* A list is in an order of its own. A touched transaction stays where it is (lists in
  the order of creation), or moves
  to either end (lists in the order of `transacted_at`, where a posted transaction takes another date).
* The list of what was touched after a refresh is exact, but a read may be as old as any
  earlier state of the API.
* The consumer can crash at any step. Its table and the cursor it saved survive.
"""

from attrs import evolve, frozen


@frozen(cache_hash=True)
class Api:
    """The state of the API."""

    refreshes: str = ""
    """One letter for each refresh: p(ending), s(ucceeded), f(ailed)."""
    listed: tuple[int, ...] = ()
    """Transactions in the order of the list."""
    touched: tuple[tuple[int, int], ...] = ()
    """For each transaction: the refresh that touched it last, and how often it was
    touched.
    """
    touches: int = 0
    """By all refreshes that are running."""

    def running(self):
        return [number for number, status in enumerate(self.refreshes) if status == "p"]

    def account(self):
        """Return the latest refresh if it has succeeded: what a sync knows from reading
        the account.
        """
        return str(len(self.refreshes) - 1) if self.refreshes.endswith("s") else None

    def truth(self):
        return frozenset(enumerate(self.touched))


@frozen
class Limits:
    """The size of the worlds to explore."""

    transactions: int
    refreshes: int
    touches: int
    """By one refresh, at most."""
    moves: bool
    """True for lists in an order in which touched transactions move."""
    overlap: bool
    page_size: int


def api_steps(api, limits):
    """Return every state that the API can be in next."""
    steps = []
    running = api.running()
    if len(api.refreshes) < limits.refreshes and (
        not running or (limits.overlap and len(running) == 1)
    ):
        # A refresh that was overtaken has ended before another one begins.
        overtaken = running and running[0] < len(api.refreshes) - 1
        if not overtaken:
            steps.append(
                evolve(
                    api,
                    refreshes=api.refreshes + "p",
                    touches=0 if not running else api.touches,
                )
            )
    for number in running:
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

    What a slower refresh brings after the next one has succeeded shows in nothing that
    the account says, so there one more refresh succeeds."""
    return evolve(
        api, refreshes=api.refreshes.replace("p", "s") + "s" * overlap, touches=0
    )

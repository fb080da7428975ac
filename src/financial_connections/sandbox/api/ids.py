"""IDs that look like Stripe's and are derived from a seed."""

from random import Random


class Ids:
    """A generator of IDs with a given prefix, such as `fca_5d0c…`.

    Each prefix has its own random stream, so that account IDs do not depend on how many
    request IDs were generated in between.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}
        self._restarts = 0

    def new(self, prefix: str) -> str:
        """Return the next ID with this prefix."""
        return f"{prefix}_{self.stream(prefix).getrandbits(96):024x}"

    def restart_requests(self) -> None:
        """Start a new stream for request IDs, because the used ones are not known."""
        self._restarts += 1
        seed = f"{self._seed}:req:{self._restarts}"
        self._streams["req"] = Random(seed)  # noqa: S311 - reproducible, not secret

    def stream(self, name: str) -> Random:
        """Return the named random stream; the same seed gives the same stream."""
        if name not in self._streams:
            seed = f"{self._seed}:{name}"
            self._streams[name] = Random(seed)  # noqa: S311 - reproducible, not secret
        return self._streams[name]

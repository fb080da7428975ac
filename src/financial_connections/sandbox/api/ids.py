"""Ids that look like Stripe's and follow from a seed."""

from random import Random


class Ids:
    """Ids by prefix, such as `fca_5d0c…`.

    Each prefix has its own stream, so that the ids of accounts stay the same however
    many requests were numbered in between. Clients must treat ids as opaque.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}

    def new(self, prefix: str) -> str:
        """Return the next id of this prefix."""
        return f"{prefix}_{self.stream(prefix).getrandbits(96):024x}"

    def stream(self, name: str) -> Random:
        """Return the stream of randomness of this name: the same for the same seed."""
        if name not in self._streams:
            self._streams[name] = Random(f"{self._seed}:{name}")  # noqa: S311 - reproducible, guards nothing
        return self._streams[name]

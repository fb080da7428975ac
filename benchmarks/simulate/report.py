"""The results of a simulation, as text."""

from collections import Counter

from benchmarks.simulate.model import Outcome
from benchmarks.simulate.settings import DAY, Settings

_UNITS = (("days", DAY), ("hours", 3_600), ("minutes", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Format a duration in the largest unit of which it has at least 1.5."""
    unit, size = next(
        ((unit, size) for unit, size in _UNITS if seconds >= 1.5 * size), _UNITS[-1]
    )
    return f"{seconds / size:.1f} {unit}"


def quantile(ordered: list[float], share: float) -> float:
    """Return the value that this share of the ordered values does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def describe(settings: Settings, factor: int, outcome: Outcome) -> str:
    """Return a report.

    Args:
        settings: The numbers that the user has given.
        factor: N if one of N accounts has been simulated.
        outcome: Results of the simulation.
    """
    accounts = f"{settings.accounts:,} accounts of {settings.tenants:,} tenants"
    work = f"{settings.transactions:,} transactions and {settings.updates:g} updates"
    limits = f"{settings.list_limit:g} list and {settings.retrieve_limit:g} retrieve"
    slots = f"{settings.workers} processes of {settings.concurrency} slices"
    lines = [
        f"{accounts}, {work} a day each",
        f"{limits} requests a second, {settings.total_limit:g} in all",
        f"{slots}, {settings.latency:g} s a request",
    ]
    if factor > 1:
        lines.append(f"One of {factor} accounts has been simulated.")
    done = max(outcome.finished)
    sections = [
        ("First sync of all accounts", _first_sync(outcome)),
        ("Tenants, from the largest to the smallest", _tenants(outcome, factor)),
        ("An update is stored, during the first sync", _delays(outcome, 0, done)),
        ("An update is stored, afterwards", _delays(outcome, done, outcome.end)),
        (f"Requests a second, over {duration(outcome.end)}", _rates(outcome, factor)),
    ]
    for title, rows in sections:
        width = max(len(name) for name, _ in rows)
        lines += ["", title]
        lines += [f"  {name:<{width}}  {value}" for name, value in rows]
    return "\n".join(lines)


def _first_sync(outcome: Outcome) -> list[tuple[str, str]]:
    ordered = sorted(outcome.finished)
    shares = (("first account", 0.0), ("half", 0.5), ("95 %", 0.95), ("all", 1.0))
    return [(name, f"after {duration(quantile(ordered, n))}") for name, n in shares]


def _tenants(outcome: Outcome, factor: int) -> list[tuple[str, str]]:
    sizes = Counter(outcome.tenants)
    done: dict[int, float] = {}
    for tenant, at in zip(outcome.tenants, outcome.finished, strict=True):
        done[tenant] = max(done.get(tenant, 0.0), at)
    largest = sorted(done)
    chosen = sorted({0, len(largest) // 100, len(largest) // 10, len(largest) - 1})
    return [
        (f"{sizes[tenant] * factor:,} accounts", f"after {duration(done[tenant])}")
        for tenant in (largest[number] for number in chosen)
    ]


def _delays(outcome: Outcome, start: float, end: float) -> list[tuple[str, str]]:
    delays = sorted(delay for at, delay in outcome.delays if start < at <= end)
    if not delays:
        return [("no update", "")]
    shares = (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("longest", 1.0))
    return [(name, f"after {duration(quantile(delays, n))}") for name, n in shares]


def _rates(outcome: Outcome, factor: int) -> list[tuple[str, str]]:
    return [
        (name, f"{number * factor / outcome.end:.1f}")
        for name, number in zip(("list", "retrieve"), outcome.requests, strict=True)
    ]

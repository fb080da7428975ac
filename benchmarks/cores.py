"""Keep the client and the server on separate cores, where the system allows it."""

import os
import sys
from typing import Literal

Role = Literal["client", "server"]


def pin(role: Role) -> None:
    """Restrict this process, and those that it starts, to the core of its role."""
    cores = _cores()
    if cores:
        # The attribute exists only on some systems.
        os.sched_setaffinity(0, {cores[role]})  # type: ignore[attr-defined]


def describe() -> str:
    """Return a sentence about the cores that are used."""
    cores = _cores()
    if cores:
        return (
            f"Clients run on core {cores['client']} and the server on core"
            f" {cores['server']}, except where a program or several processes are"
            " measured, which may use all cores."
        )
    reason = (
        "only one core is available"
        if hasattr(os, "sched_getaffinity")
        else f"{sys.platform} has no call for it"
    )
    return f"Clients and the server are not kept on separate cores: {reason}."


def _cores() -> dict[Role, int] | None:
    if not hasattr(os, "sched_getaffinity"):
        return None
    available = sorted(os.sched_getaffinity(0))
    if len(available) == 1:
        return None
    return {"client": available[0], "server": available[-1]}

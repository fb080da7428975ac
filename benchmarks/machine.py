"""Where and with what the figures were taken."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "financial-connections",
    "stripe",
    "httpx",
    "httpcore",
    "anyio",
    "aiohttp",
    "msgspec",
    "attrs",
    "openapi-python-client",
)
_CPUINFO = Path("/proc/cpuinfo")


def machine() -> dict[str, str | int]:
    """Return what the figures depend on, and nothing that names the machine."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
    }


def _processor() -> str:
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.exists() else []
    names = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()


def versions() -> dict[str, str]:
    """Return the versions of the packages that take part."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def load() -> float:
    """Return how many processes wanted to run in the last minute."""
    return round(os.getloadavg()[0], 2)

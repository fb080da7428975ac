"""Drift: two folders, byte by byte."""

from collections.abc import Mapping


def drift(kept: Mapping[str, bytes], fresh: Mapping[str, bytes]) -> list[str]:
    """What differs between the files that are there and those that should be."""
    lines = []
    for name in sorted(kept.keys() | fresh.keys()):
        if name not in fresh:
            lines.append(f"{name}: should not be there")
        elif name not in kept:
            lines.append(f"{name}: is missing")
        elif kept[name] != fresh[name]:
            lines.append(f"{name}: differs")
    return lines

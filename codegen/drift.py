"""Compare two folders byte by byte."""

from collections.abc import Mapping


def find_drift(actual: Mapping[str, bytes], expected: Mapping[str, bytes]) -> list[str]:
    """List the differences between two folders, given the contents of their files."""
    lines = []
    for name in sorted(actual.keys() | expected.keys()):
        if name not in expected:
            lines.append(f"{name}: unexpected file")
        elif name not in actual:
            lines.append(f"{name}: missing")
        elif actual[name] != expected[name]:
            lines.append(f"{name}: differs")
    return lines

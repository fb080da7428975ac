"""The `fincon api` command: call any endpoint of the API."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

import typer

from financial_connections.cli.confirm import Yes, confirm, has_test_key
from financial_connections.cli.failure import InvalidResponseError, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from financial_connections.cli.settings import Context

_KEY = re.compile(r"([^][]+)((?:\[[^][]*\])*)")
_PATH = re.compile(r"/v[12]/[^?#\\]+")


class Method(StrEnum):
    """HTTP methods of the API."""

    GET = "GET"
    POST = "POST"
    DELETE = "DELETE"


def api(
    ctx: typer.Context,
    method: Annotated[
        Method,
        typer.Argument(
            metavar="METHOD", case_sensitive=False, help="GET, POST or DELETE."
        ),
    ],
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="Path, such as /v1/financial_connections/accounts; it may have a"
            " query string.",
        ),
    ],
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="KEY=VALUE",
            help="Parameter, such as limit=3, features[]=balance or"
            " account_holder[customer]=cus_123; repeatable.",
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Call any endpoint of the API, and print its response.

    Asks for confirmation before a POST or DELETE with a live key.
    """
    path, _, query = path.partition("?")
    if not _PATH.fullmatch(path):
        raise UsageError("PATH must start with /v1/ or /v2/, without a host")
    if method == Method.POST and path.startswith("/v2/"):
        raise UsageError(
            "a POST to /v2/ requires a JSON body, which fincon cannot send"
        )
    pairs = parse_qsl(query, keep_blank_values=True)
    params = params_from([*pairs, *map(_pair, data or ())])

    async def work(context: "Context") -> None:
        if not (yes or method == Method.GET or has_test_key(context.client)):
            confirm(
                f"Send {method} {path} with a live key?", "this may change live data"
            )
        response = await context.client.send_raw(method, path, params=params)
        try:
            value = json.loads(response.content)
        except ValueError:
            raise InvalidResponseError("the response is not JSON") from None
        context.output.show(value, lambda: _pretty(value))

    ctx.obj.run(work)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise UsageError("--data must have the form KEY=VALUE")
    return key, value


def params_from(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return nested parameters for pairs such as `("a[b]", "c")`.

    Args:
        pairs: Keys and values. A key that ends with `[]` appends to a list.

    Raises:
        UsageError: A key is invalid, or occurs twice.
    """
    params: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            raise UsageError("a key of --data must look like a, a[b] or a[]")
        parts = [match[1], *match[2][1:-1].split("][")] if match[2] else [match[1]]
        _insert(params, parts, value, key)
    return params


def _insert(params: dict[str, Any], parts: list[str], value: str, key: str) -> None:
    target = params
    for part in parts[:-1]:
        target = target.setdefault(_name(part, target), {})
        if not isinstance(target, dict):
            raise UsageError(f"{parts[0]} is given both as a value and as an object")
    name = _name(parts[-1], target)
    if name in target:
        raise UsageError(f"{key} is given twice; for a list, use {parts[0]}[]")
    target[name] = value


def _name(part: str, target: dict[str, Any]) -> str:
    # An array is an object whose keys are numbers.
    return part or str(len(target))


def _pretty(value: Any) -> "Text":
    from rich.json import JSON

    # ASCII only, so the response cannot control the terminal.
    text = JSON.from_data(value, ensure_ascii=True).text
    text.no_wrap, text.overflow = False, "fold"
    return text

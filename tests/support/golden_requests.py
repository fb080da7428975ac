"""What a generated package is put through: the golden requests of the facade, and
examples of every model.
"""

import asyncio
import inspect
from urllib.parse import parse_qsl, urlsplit

from codegen.contract.keywords import is_page
from codegen.python.annotations import choices_of, kind_of
from codegen.python.ir import facts_of
from financial_connections import AsyncClient, RequestOptions
from financial_connections._transport.wire import wire_request
from tests.test_facade import FACADE
from tests.transport.test_wire import BASE, CALLS

OPERATIONS = {method: operation for operation, method in FACADE.items()}


class Recorder:
    async def send(self, request, result_type, options):
        self.request = request
        return result_type()


def golden_requests(*apis):
    """The golden requests that all these packages can send, without the parameters that
    one of them lacks.
    """
    for name, args, kwargs, _, method, path, query, form, *_ in CALLS:
        functions = [getattr(api, OPERATIONS[name], None) for api in apis]
        if None not in functions:
            known = set.intersection(
                *(set(inspect.signature(one).parameters) for one in functions)
            )
            sent = {key: value for key, value in kwargs.items() if key in known}
            pairs = sorted(
                (key, value)
                for key, value in [*query, *form]
                if key.partition("[")[0] in known
            )
            yield OPERATIONS[name], args, sent, (method, BASE + path, pairs)


def sent_by(function, args, kwargs):
    """What a generated function puts on the wire: verb, path, and the pairs of the
    query or of the form.
    """
    if function.__name__.startswith("list_") and "expand" in kwargs:
        kwargs = {**kwargs, "expand": [f"data.{path}" for path in kwargs["expand"]]}
    recorder = Recorder()
    asyncio.run(function(recorder, *args, **kwargs))
    client = AsyncClient("sk_test_123")
    wire = wire_request(recorder.request, client._transport.settings, RequestOptions())
    content = urlsplit(wire.url).query or wire.content.decode()
    return wire.method, urlsplit(wire.url).path, sorted(parse_qsl(content))


def examples(contract):
    """An object of each model with all its fields, and one with those that are required
    only.
    """
    components = contract["components"]["schemas"]
    for name, one in facts_of(contract)["classes"].items():
        if one["kind"] == "model":
            whole = example(components[name], components)
            yield name, whole
            # A list without data is refused, by design.
            required = {
                *components[name].get("required", []),
                *({"data"} if is_page(components[name]) else ()),
            }
            yield name, {key: whole[key] for key in sorted(required)}


def example(schema, components):
    """A value that a schema allows, the richest of a union."""
    one = max(choices_of(schema, "example"), key=lambda choice: "$ref" in choice)
    if "$ref" in one:
        inner = components[one["$ref"].rpartition("/")[2]]
        return (
            inner["enum"][0]
            if kind_of(inner) == "choice"
            else example(inner, components)
        )
    if "properties" in one:
        return {
            key: example(field, components) for key, field in one["properties"].items()
        }
    match one.get("type"):
        case "array":
            return [example(one["items"], components)]
        case "object":
            values = one.get("additionalProperties")
            return {
                "key": example(values, components)
                if isinstance(values, dict)
                else "anything"
            }
        case kind:
            return {"integer": 7, "number": 1.5, "boolean": True, None: "any"}.get(
                kind, one.get("x-const", "text")
            )


def loses_nothing(models, name, whole):
    """Whether a package decodes an object of a model, and gives all of it back."""
    return (
        not hasattr(models, name)
        or getattr(models, name).from_dict(whole).to_dict() == whole
    )


def knows_all(models, name, whole):
    """Whether each field of an object has its value in an attribute, those aside that
    cannot be one.
    """
    decoded = getattr(models, name).from_dict(whole)
    return all(
        getattr(decoded, key) is not None for key in whole.keys() - decoded.extra.keys()
    )

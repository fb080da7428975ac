"""Checks for a generated package: golden requests, and examples of every model."""

import asyncio
import inspect
from urllib.parse import parse_qsl, urlsplit

from codegen.access import Node
from codegen.contract.keywords import PAGE
from codegen.python.parse import parse_contract
from codegen.python.schema import parse_schemas
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
    """Yield the golden requests that all packages can send.

    Parameters that any of the packages lacks, or that lack a key which it requires, are
    omitted.
    """
    for name, args, kwargs, _, method, path, query, form, *_ in CALLS:
        functions = [getattr(api, OPERATIONS[name], None) for api in apis]
        if None not in functions:
            known = set.intersection(
                *(set(inspect.signature(function).parameters) for function in functions)
            )
            known -= {
                key.partition("[")[0]
                for function in functions
                for key in required_keys(function, args, kwargs)
                if not any(sent.startswith(key) for sent, _ in [*query, *form])
            }
            arguments = {key: value for key, value in kwargs.items() if key in known}
            pairs = sorted(
                (key, value)
                for key, value in [*query, *form]
                if key.partition("[")[0] in known
            )
            yield OPERATIONS[name], args, arguments, (method, BASE + path, pairs)


def required_keys(function, args, kwargs):
    """Return the keys that a generated function requires in its parameters."""
    parameters = inspect.signature(function).parameters
    recorder = Recorder()
    accepted = {key: value for key, value in kwargs.items() if key in parameters}
    asyncio.run(function(recorder, *args, **accepted))
    return recorder.request.required


def sent_by(function, args, kwargs):
    """Return the method, path and parameters that a generated function sends."""
    if function.__name__.startswith("list_") and "expand" in kwargs:
        kwargs = {**kwargs, "expand": [f"data.{path}" for path in kwargs["expand"]]}
    recorder = Recorder()
    asyncio.run(function(recorder, *args, **kwargs))
    client = AsyncClient("sk_test_123")
    wire = wire_request(recorder.request, client._transport.settings, RequestOptions())
    content = urlsplit(wire.url).query or wire.content.decode()
    pairs = parse_qsl(content, keep_blank_values=True)
    return wire.method, urlsplit(wire.url).path, sorted(pairs)


def examples(contract):
    """Yield a full object and one with only the required fields for each model."""
    schemas = parse_schemas(Node(contract).child("components", "schemas"))
    for name, model in parse_contract(contract).classes.items():
        if model.kind == "model":
            full = example(schemas[name], schemas)
            yield name, full
            # A list without `data` is rejected by design.
            is_list = PAGE <= schemas[name].properties.keys()
            required = schemas[name].required | ({"data"} if is_list else set())
            yield name, {key: full[key] for key in sorted(required)}


def example(schema, schemas):
    """Return a value that a schema allows. For a union, prefer an object."""
    richest = max(schema.alternatives(), key=lambda schema: bool(schema.reference))
    if richest.reference:
        return example(schemas[richest.reference], schemas)
    if richest.enum:
        return richest.enum[0]
    if richest.properties:
        return {
            key: example(value, schemas) for key, value in richest.properties.items()
        }
    if richest.items is not None:
        return [example(richest.items, schemas)]
    if richest.type == "object":
        value = example(richest.values, schemas) if richest.values else "anything"
        return {"key": value}
    scalars = {"integer": 7, "number": 1.5, "boolean": True, "": "any"}
    return scalars.get(richest.type, richest.constant or "text")


def loses_nothing(models, name, whole):
    """Return True if a model decodes an object and returns all of it."""
    return (
        not hasattr(models, name)
        or getattr(models, name).from_dict(whole).to_dict() == whole
    )


def knows_all(models, name, whole):
    """Return True if a model has an attribute for every field that can have one."""
    decoded = getattr(models, name).from_dict(whole)
    return all(
        getattr(decoded, key) is not None for key in whole.keys() - decoded.extra.keys()
    )

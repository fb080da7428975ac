"""A minimal specification with one of each feature the generator supports."""

from copy import deepcopy
from typing import Any

REF = "#/components/schemas/"
WIDGETS = "/v1/financial_connections/widgets"


def ref(name: str) -> dict[str, Any]:
    return {"$ref": REF + name}


def responses(schema: dict[str, Any]) -> dict[str, Any]:
    failure = {
        "description": "no",
        "content": {"application/json": {"schema": ref("error")}},
    }
    return {
        "200": {
            "description": "yes",
            "content": {"application/json": {"schema": schema}},
        },
        "default": failure,
    }


def form(*required: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {
        "content": {
            "application/x-www-form-urlencoded": {"encoding": {}, "schema": schema}
        }
    }


def path_id(name: str) -> dict[str, Any]:
    return {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}


def query(
    name: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": required, "schema": schema}


EXPAND = {"type": "array", "items": {"type": "string", "maxLength": 5000}}
PAGE = {
    "type": "object",
    "title": "WidgetPage",
    "properties": {
        "data": {"type": "array", "items": ref("financial_connections.widget")},
        "has_more": {"type": "boolean"},
        "object": {"type": "string", "enum": ["list"]},
        "url": {"type": "string", "pattern": "^/v1/financial_connections/widgets"},
    },
    "required": ["data", "has_more", "object", "url"],
}
WIDGET = {
    "type": "object",
    "title": "BankConnectionsResourceWidget",
    "description": "A widget, as upstream describes it.",
    "x-resourceId": "financial_connections.widget",
    "x-expandableFields": ["owner", "maker"],
    "required": ["id", "object", "colour"],
    "properties": {
        "id": {"type": "string", "description": "Unique."},
        "object": {"type": "string", "enum": ["financial_connections.widget"]},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "amounts": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "nullable": True,
        },
        "created": {"type": "integer", "format": "unix-time"},
        "label": {"type": "string"},
        "maker": {"anyOf": [ref("bank_connections_resource_maker")], "nullable": True},
        "owner": {
            "anyOf": [{"type": "string"}, ref("customer"), ref("deleted_customer")],
            "x-expansionResources": {
                "oneOf": [ref("customer"), ref("deleted_customer")]
            },
        },
        "paid_with": {"anyOf": [ref("card"), ref("source")]},
        "parts": {
            "type": "array",
            "items": {"type": "string", "enum": ["wheel", "axle"]},
        },
    },
}
SPEC: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Tiny", "version": "2030-01-01"},
    "paths": {
        "/v1/charges": {"get": {"responses": responses(ref("charge"))}},
        WIDGETS: {
            "get": {
                "parameters": [
                    query("expand", EXPAND),
                    query("limit", {"type": "integer"}),
                    query(
                        "made",
                        {
                            "anyOf": [
                                {
                                    "type": "object",
                                    "properties": {"gt": {"type": "integer"}},
                                },
                                {"type": "integer"},
                            ]
                        },
                    ),
                    query("owner", {"type": "string"}, required=True),
                    query("starting_after", {"type": "string"}),
                    query("ending_before", {"type": "string"}),
                ],
                "requestBody": form(),
                "responses": responses(PAGE),
            },
        },
        f"{WIDGETS}/{{widget}}": {
            "get": {
                "parameters": [query("expand", EXPAND), path_id("widget")],
                "responses": responses(ref("financial_connections.widget")),
            },
        },
        f"{WIDGETS}/{{widget}}/spin": {
            "post": {
                "parameters": [path_id("widget")],
                "requestBody": form(
                    "ways",
                    expand=EXPAND,
                    ways={
                        "type": "array",
                        "items": {"type": "string", "enum": ["left", "right"]},
                    },
                    until={
                        "type": "object",
                        "required": ["marks"],
                        "properties": {
                            "marks": {"type": "array", "items": {"type": "string"}}
                        },
                    },
                ),
                "responses": responses(ref("financial_connections.widget")),
            },
        },
    },
    "components": {
        "schemas": {
            "api_errors": {
                "type": "object",
                "properties": {"type": {"type": "string", "enum": ["api_error"]}},
            },
            "bank_connections_resource_maker": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
            },
            "card": {
                "type": "object",
                "x-resourceId": "card",
                "properties": {"far": ref("far_away")},
            },
            "charge": {"type": "object", "x-resourceId": "charge"},
            "customer": {
                "type": "object",
                "x-resourceId": "customer",
                "properties": {"far": ref("far_away")},
            },
            "deleted_customer": {"type": "object", "x-resourceId": "deleted_customer"},
            "error": {
                "type": "object",
                "properties": {"error": ref("api_errors")},
                "required": ["error"],
            },
            "far_away": {"type": "object"},
            "financial_connections.widget": WIDGET,
            "source": {"type": "object", "x-resourceId": "source"},
        }
    },
}


def spec() -> dict[str, Any]:
    """Return a copy of the specification that a test can modify."""
    return deepcopy(SPEC)


def widget(document: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of the widget schema in a specification."""
    fields: dict[str, Any] = document["components"]["schemas"][
        "financial_connections.widget"
    ]["properties"]
    return fields


def variants() -> list[dict[str, Any]]:
    """Return specifications that differ in an operation, fields, types and names."""
    bigger, smaller, renamed, later = spec(), spec(), spec(), spec()
    widget(bigger)["size"] = {"type": "string"}
    widget(bigger)["label"] = {"type": "string", "enum": ["long", "short"]}
    del smaller["paths"][f"{WIDGETS}/{{widget}}/spin"]
    del widget(smaller)["created"]
    widget(renamed)["title"] = widget(renamed).pop("label")
    later["info"]["version"] = "2031-01-01.tiny"
    widget(later)["colour"]["enum"].append("green")
    return [spec(), bigger, smaller, renamed, later]

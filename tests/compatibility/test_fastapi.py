"""Models as types of results and bodies in FastAPI, and its OpenAPI document."""

from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import ResponseValidationError
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from financial_connections import Page
from financial_connections.models import Account, AccountStatus, Transaction
from tests.support.decoding import decode_json
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, OWNERSHIP

BROKEN_ACCOUNT = {"id": "fca_1", "status": 5, "created": "yesterday", "colour": "red"}


def respond(result: Any, annotation: Any, **options: Any) -> Any:
    """Return the response of a route with the result and return type."""
    app = FastAPI()
    app.add_api_route("/", lambda: result, response_model=annotation, **options)
    with TestClient(app) as client:
        response = client.get("/")
    assert 200 == response.status_code
    return response.json()


@pytest.mark.parametrize("annotation", [Account, None])
@pytest.mark.parametrize(
    "sent",
    [ACCOUNT, FULL_ACCOUNT, ACCOUNT | {"ownership": OWNERSHIP}, BROKEN_ACCOUNT, {}],
)
def test_a_route_returns_everything_that_was_sent(sent, annotation):
    account = decode_json(Account, sent)
    assert sent == respond(account, annotation)
    assert [sent] == respond([account], list[annotation] if annotation else None)
    assert {"a": sent} == respond(
        {"a": account}, dict[str, annotation] if annotation else None
    )


def test_a_route_can_exclude_fields():
    account = decode_json(Account, FULL_ACCOUNT)
    excluded = {"last4", "balance"}
    expected = {
        key: value for key, value in FULL_ACCOUNT.items() if key not in excluded
    }
    assert expected == respond(account, Account, response_model_exclude=excluded)
    assert expected == jsonable_encoder(account, exclude=excluded)


def test_a_route_rejects_another_result_without_quoting_it():
    with pytest.raises(ResponseValidationError) as caught:
        respond([FULL_ACCOUNT], Account)
    assert FULL_ACCOUNT["last4"] not in f"{caught.value} {caught.value.errors()}"


def test_jsonable_encoder_converts_models_and_enums():
    account = decode_json(Account, FULL_ACCOUNT | {"status": "brand_new"})
    value = {"account": account, "statuses": [account.status, AccountStatus.ACTIVE]}
    assert {
        "account": FULL_ACCOUNT | {"status": "brand_new"},
        "statuses": ["brand_new", "active"],
    } == jsonable_encoder(value)


def test_jsonable_encoder_does_not_expand_a_large_exponent():
    account = decode_json(Account, b'{"huge": 1e999999999, "nan": NaN}')
    assert {"huge": "1E+999999999", "nan": None} == jsonable_encoder(account)


async def echo(
    account: Annotated[Account, Body()], status: AccountStatus
) -> tuple[Account, AccountStatus]:
    return account, status


def test_a_body_and_a_query_parameter_are_models_and_enums():
    app = FastAPI()
    app.add_api_route("/", echo, methods=["POST"])
    with TestClient(app) as client:
        response = client.post("/", json=BROKEN_ACCOUNT, params={"status": "brand_new"})
        assert [BROKEN_ACCOUNT, "brand_new"] == response.json()
        response = client.post("/", json=[FULL_ACCOUNT], params={"status": "active"})
    assert 422 == response.status_code
    assert ["body"] == response.json()["detail"][0]["loc"]
    assert FULL_ACCOUNT["last4"] not in response.text


def test_the_openapi_document_describes_models_once():
    app = FastAPI()
    app.add_api_route("/accounts", list, response_model=list[Account])
    app.add_api_route("/echo", echo, methods=["POST"])
    app.add_api_route("/page", lambda: None, response_model=Page[Transaction])
    document = app.openapi()
    validate(document)
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert {"Account", "AccountStatus", "Page_Transaction_", "Transaction"} <= {
        *schemas
    }
    assert not [name for name in schemas if name.endswith(("-Input", "-Output"))]
    content = document["paths"]["/accounts"]["get"]["responses"]["200"]["content"]
    assert {"$ref": "#/components/schemas/Account"} == (
        content["application/json"]["schema"]["items"]
    )
    undescribed = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        if "HTTP" not in name and name != "ValidationError"
        for field, details in schema.get("properties", {}).items()
        if "description" not in details
    }
    assert not undescribed

"""Models and open enums as types of pydantic."""

import json
import types
from decimal import Decimal

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, TypeAdapter, ValidationError

from financial_connections import Page, models
from financial_connections._decoding import docstrings
from financial_connections.models import (
    Account,
    AccountOwnerList,
    AccountStatus,
    Model,
    OpenEnum,
    Transaction,
)
from financial_connections.webhooks import AccountCreated
from tests.support.contract import read_contract
from tests.support.decoding import EXAMPLES, decode_json, json_values
from tests.support.samples import (
    ACCOUNT,
    FULL_ACCOUNT,
    OWNER,
    OWNERSHIP,
    TRANSACTION,
    list_of,
)

CLASSES = [
    value for name in models.__all__ if isinstance(value := getattr(models, name), type)
]
MODELS = [cls for cls in CLASSES if issubclass(cls, Model) and cls is not Model]
ENUMS = [cls for cls in CLASSES if issubclass(cls, OpenEnum) and cls is not OpenEnum]
circular = {}
circular["self"] = circular
deep = []
for _ in range(100_000):
    deep = [deep]


class Portfolio(BaseModel):
    account: Account
    status: AccountStatus = AccountStatus.ACTIVE
    transactions: list[Transaction] = []
    by_id: dict[str, Account | None] = {}


@frozen(kw_only=True, eq=False)
class NamedAccount(Account):
    """An account with an additional field."""

    our_name: str | None = None
    """Name that we gave the account."""


@st.composite
def api_objects(draw):
    """Draw a model class, and a JSON object that may violate its contract."""
    cls = draw(st.sampled_from(MODELS))
    names = st.sampled_from([field.name for field in cls.__attrs_attrs__]) | st.text()
    finite = json_values.filter(lambda value: "Infinity" not in json.dumps(value))
    return cls, draw(st.dictionaries(names, finite, max_size=5))


@given(api_objects())
def test_any_object_is_validated_and_serialized_losslessly(example):
    cls, sent = example
    adapter = TypeAdapter(cls)
    model = adapter.validate_python(sent)
    assert cls is type(model)
    assert sent == model.to_dict() == adapter.dump_python(model)
    assert sent == json.loads(adapter.dump_json(model))
    assert model == adapter.validate_json(json.dumps(sent))


@pytest.mark.parametrize(("cls", "sent"), EXAMPLES)
def test_the_samples_match_their_json_schema(cls, sent):
    schema = TypeAdapter(cls).json_schema(mode="serialization")
    OAS31Validator.check_schema(schema)
    OAS31Validator(schema).validate(sent)


def test_models_and_enums_are_types_of_fields():
    portfolio = Portfolio.model_validate(
        {
            "account": FULL_ACCOUNT,
            "status": "brand_new",
            "transactions": [TRANSACTION],
            "by_id": {"fca_1": ACCOUNT, "fca_2": None},
        }
    )
    assert decode_json(Account, FULL_ACCOUNT) == portfolio.account
    assert isinstance(portfolio.status, AccountStatus)
    assert not portfolio.status.is_known
    assert isinstance(portfolio.transactions[0], Transaction)
    expected = {
        "account": FULL_ACCOUNT,
        "status": "brand_new",
        "transactions": [TRANSACTION],
        "by_id": {"fca_1": ACCOUNT, "fca_2": None},
    }
    assert expected == portfolio.model_dump()
    assert expected == portfolio.model_dump(mode="json")
    assert expected == json.loads(portfolio.model_dump_json())
    assert portfolio == Portfolio.model_validate_json(portfolio.model_dump_json())


def test_an_instance_is_kept_as_it_is():
    for account in (decode_json(Account, ACCOUNT), NamedAccount(id="fca_1")):
        assert account is TypeAdapter(Account).validate_python(account)
        assert account is Portfolio(account=account).account
    assert (
        "req_1" == Portfolio(account=decode_json(Account, ACCOUNT)).account.request_id
    )
    for strict in (True, False):
        adapter = TypeAdapter(AccountStatus)
        for status in (AccountStatus.PENDING, AccountStatus("brand_new")):
            validated = adapter.validate_python(status, strict=strict)
            assert (AccountStatus, status) == (type(validated), validated)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([FULL_ACCOUNT], "valid dictionary or instance of Account"),
        (json.dumps(FULL_ACCOUNT), "valid dictionary or instance of Account"),
        (json.dumps(FULL_ACCOUNT).encode(), "valid dictionary or instance of Account"),
        (Transaction.from_dict(TRANSACTION), "instance of Account"),
        (None, "valid dictionary or instance of Account"),
        (FULL_ACCOUNT | {"tags": {1}}, "set is not JSON serializable"),
        (FULL_ACCOUNT | {"deep": deep}, "nested too deeply"),
        (FULL_ACCOUNT | {"circular": circular}, "Circular"),
    ],
    ids=["list", "text", "bytes", "other", "none", "set", "deep", "circular"],
)
def test_an_error_does_not_quote_the_input(value, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        TypeAdapter(Account).validate_python(value)
    [error] = caught.value.errors()
    assert "(hidden)" == error["input"]
    for text in (str(caught.value), caught.value.json(), repr(caught.value.errors())):
        assert FULL_ACCOUNT["last4"] not in text
        assert "Ada" not in text
    assert caught.value.__context__ is None


def test_an_error_names_the_field_of_the_program():
    with pytest.raises(ValidationError) as caught:
        Portfolio.model_validate({"account": ACCOUNT, "transactions": [TRANSACTION, 1]})
    assert [("transactions", 1)] == [error["loc"] for error in caught.value.errors()]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Account | AccountStatus).validate_python(1)
    assert "Account" in str(caught.value)


def test_values_that_json_cannot_represent_are_replaced_in_json_only():
    content = (
        b'{"huge": 1e999999999, "digits": ' + b"9" * 5000 + b","
        b'"nan": [NaN, -Infinity], "half": {"\\ud800": "\\ud800"}}'
    )
    account = decode_json(Account, content)
    adapter = TypeAdapter(Account)
    assert Decimal("1e999999999") == adapter.dump_python(account)["huge"]
    expected = {
        "huge": "1E+999999999",
        "digits": "9" * 5000,
        "nan": [None, None],
        "half": {"\ufffd": "\ufffd"},
    }
    assert expected == adapter.dump_python(account, mode="json")
    assert expected == json.loads(adapter.dump_json(account))
    assert expected == dict(account)


def test_fields_can_be_excluded():
    account = decode_json(Account, FULL_ACCOUNT)
    adapter = TypeAdapter(Account)
    assert {"id", "last4"} == adapter.dump_python(
        account, include={"id", "last4"}
    ).keys()
    dumped = adapter.dump_python(
        account, exclude={"last4": True, "balance": {"current"}}
    )
    assert FULL_ACCOUNT.keys() - {"last4"} == dumped.keys()
    assert FULL_ACCOUNT["balance"].keys() - {"current"} == dumped["balance"].keys()


def text(description):
    return " ".join(description.split())


def contract_schemas():
    contract = read_contract()["components"]["schemas"]
    assert len(MODELS) > 20
    return [(cls, contract[cls.__name__]) for cls in MODELS]


def test_the_json_schemas_describe_the_fields_of_the_contract():
    for cls, expected in contract_schemas():
        schema = TypeAdapter(cls).json_schema()
        assert cls.__name__ == schema["title"]
        assert text(expected["description"]) == text(schema["description"])
        assert {
            name: text(field["description"])
            for name, field in expected["properties"].items()
        } == {
            name: text(field["description"])
            for name, field in schema["properties"].items()
        }


def test_the_json_schemas_require_what_the_contract_guarantees():
    for cls, expected in contract_schemas():
        schema = TypeAdapter(cls).json_schema()
        guaranteed = {
            name
            for name in expected.get("required", ())
            if not expected["properties"][name].get("nullable")
        }
        assert guaranteed == set(schema.get("required", ()))
        nullable = {
            name
            for name, field in schema["properties"].items()
            if {"type": "null"} in field.get("anyOf", ())
        }
        assert schema["properties"].keys() - guaranteed == nullable


def test_nested_models_are_defined_once():
    for mode in ("validation", "serialization"):
        schema = Portfolio.model_json_schema(mode=mode)
        definitions = schema["$defs"]
        assert {"Account", "AccountStatus", "AccountOwner", "Transaction"} <= {
            *definitions
        }
        assert {"$ref": "#/$defs/Account"} == schema["properties"]["account"]
        assert [
            {"type": "string"},
            {"$ref": "#/$defs/AccountOwnership"},
            {"type": "null"},
        ] == definitions["Account"]["properties"]["ownership"]["anyOf"]
    assert definitions == Portfolio.model_json_schema(mode="validation")["$defs"]


@pytest.mark.parametrize("cls", ENUMS)
def test_the_json_schema_of_an_enum_is_open(cls):
    schema = TypeAdapter(cls).json_schema()
    OAS31Validator(schema).validate("brand_new")
    values = [member.value for member in cls]
    assert ("string", values) == (schema["type"], schema["examples"])
    assert all(f"`{value}`: " in schema["description"] for value in values)


def test_a_page_is_serialized_but_not_created():
    page = Page(
        data=[decode_json(Account, ACCOUNT)],
        has_more=True,
        url="/v1/accounts",
        cursor="fca_1",
        request_id="req_1",
        list_model=models.AccountList.from_dict(list_of(ACCOUNT) | {"new": 1}),
        pager=None,
    )
    adapter = TypeAdapter(Page[Account])
    assert page is adapter.validate_python(page)
    assert list_of(ACCOUNT) | {"new": 1} == json.loads(adapter.dump_json(page))
    with pytest.raises(ValidationError, match="instance of Page"):
        adapter.validate_python({"data": [ACCOUNT]})
    schema = adapter.json_schema()
    assert "Page[Account]" == schema["title"]
    assert {"$ref": "#/$defs/Account"} == schema["properties"]["data"]["items"]
    OAS31Validator(schema).validate(page.to_dict())
    assert "Page" == TypeAdapter(Page).json_schema()["title"]


def test_events_are_types_for_pydantic():
    sent = {"type": "x", "data": {"object": ACCOUNT}}
    event = TypeAdapter(AccountCreated).validate_python(sent)
    assert sent == TypeAdapter(AccountCreated).dump_python(event)
    schema = TypeAdapter(AccountCreated).json_schema()
    assert "An account was linked." == schema["description"]
    assert {"id", "data"} <= {
        name for name, field in schema["properties"].items() if field["description"]
    }


def test_a_subclass_is_described_with_inherited_docstrings():
    properties = TypeAdapter(NamedAccount).json_schema()["properties"]
    assert "Name that we gave the account." == properties["our_name"]["description"]
    assert "(`fca_…`)" in properties["id"]["description"]


def test_a_model_is_not_a_container_of_names():
    account = decode_json(Account, ACCOUNT)
    assert ACCOUNT == dict(account)
    with pytest.raises(TypeError, match="container"):
        "id" in account  # noqa: B015 - `in` raises the error


def test_iterating_over_a_list_model_raises_an_error():
    owners = decode_json(AccountOwnerList, list_of(OWNER))
    with pytest.raises(TypeError, match="AccountOwnerList: iterate over its `data`"):
        list(owners)
    assert list_of(OWNER) == TypeAdapter(AccountOwnerList).dump_python(owners)


def test_a_json_schema_without_source_code_has_no_descriptions_of_fields(monkeypatch):
    module = types.ModuleType("compiled")
    code = "@frozen(kw_only=True, eq=False)\nclass Thing(Model):\n  size: int = None\n"
    monkeypatch.setitem(vars(module), "Model", Model)
    monkeypatch.setitem(vars(module), "frozen", frozen)
    exec(compile(code, "compiled", "exec"), vars(module))
    assert {} == docstrings.attribute_docs(module.Thing)
    assert (
        "description"
        not in (TypeAdapter(module.Thing).json_schema()["properties"]["size"])
    )


def test_the_owners_of_an_account_are_serialized():
    account = decode_json(Account, ACCOUNT | {"ownership": OWNERSHIP})
    assert OWNERSHIP == TypeAdapter(Account).dump_python(account)["ownership"]

"""Types exclude None exactly where the contract requires a value."""

import typing
from importlib import import_module

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import models
from financial_connections._decoding import REQUIRED, ContentError, Model
from financial_connections.webhooks import Event
from tests.support.contract_values import MODELS, fields_of, objects, wrong_values
from tests.support.decoding import decode_json

FIELDS = [(name, field) for name in MODELS for field in fields_of(name)]


def decoded(name, sent):
    return [decode_json(MODELS[name], sent), MODELS[name].from_dict(sent)]


def assert_broken(name, field, sent):
    for model in decoded(name, sent):
        assert getattr(model, field) is None
        assert (field,) == model.misfits
        assert sent == model.to_dict()


def allows_none(hint):
    return hint is typing.Any or type(None) in typing.get_args(hint)


def is_list(name, field):
    """Return True for the one field whose absence is an error, `data` of a list."""
    return field == "data" and "has_more" in fields_of(name)


def test_there_are_models_to_check():
    assert {"Account", "Session", "Transaction", "ErrorDetail"} <= MODELS.keys()
    assert len(FIELDS) > 100


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_type_excludes_none_if_the_contract_guarantees_a_value(name, field):
    hint = typing.get_type_hints(MODELS[name])[field]
    assert fields_of(name)[field] is not allows_none(hint)


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
def test_an_object_that_matches_the_contract_is_decoded_at_once(name, data):
    sent = data.draw(objects(name))
    with pytest.MonkeyPatch.context() as patch:
        # Decoding field by field takes several times as long.
        decoding = import_module("financial_connections._decoding.decode")
        patch.setattr(decoding, "decode_fields", None)
        for model in decoded(name, sent):
            assert () == model.misfits
            assert sent == model.to_dict()


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
def test_a_guaranteed_field_without_a_value_is_none_and_a_misfit(name, data):
    sent = data.draw(objects(name))
    for field, is_guaranteed in fields_of(name).items():
        if is_guaranteed and not is_list(name, field):
            absent = {key: sent[key] for key in sent if key != field}
            assert_broken(name, field, absent)
            assert_broken(name, field, sent | {field: None})


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
def test_any_other_field_without_a_value_is_none_and_not_a_misfit(name, data):
    sent = data.draw(objects(name))
    for field, is_guaranteed in fields_of(name).items():
        if not is_guaranteed:
            absent = {key: sent[key] for key in sent if key != field}
            for partial in (absent, sent | {field: None}):
                for model in decoded(name, partial):
                    assert (None, ()) == (getattr(model, field), model.misfits)
                    assert partial == model.to_dict()


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
def test_a_value_of_the_wrong_type_is_none_and_a_misfit(name, data):
    sent = data.draw(objects(name))
    for field in fields_of(name):
        if not is_list(name, field):
            for value in wrong_values(name, field):
                assert_broken(name, field, sent | {field: value})


@pytest.mark.parametrize("name", MODELS)
def test_a_constructor_requires_no_field(name):
    model = MODELS[name]()
    assert {None} == {getattr(model, field) for field in fields_of(name)}
    assert ((), {}) == (model.misfits, model.to_dict())


@pytest.mark.parametrize("name", MODELS)
def test_a_constructor_accepts_only_the_fields_by_name(name):
    with pytest.raises(TypeError):
        MODELS[name](unheard_of=1)
    with pytest.raises(TypeError):
        MODELS[name]("fca_1")


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {}}])
def test_a_list_without_data_has_a_misfit_unless_it_is_a_response(data):
    sent = data | {"has_more": False, "object": "list", "url": "/v1"}
    session = models.Session.from_dict({"accounts": sent})
    for accounts in (session.accounts, models.AccountList.from_dict(sent)):
        assert (None, ("data",)) == (accounts.data, accounts.misfits)
        assert sent == accounts.to_dict()
    with pytest.raises(ContentError):
        decode_json(models.AccountList, sent)


def subclasses_of(cls):
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses_of(subclass)


def test_only_a_required_field_of_a_handwritten_model_excludes_none():
    classes = [
        cls
        for cls in subclasses_of(Model)
        if cls.__module__.startswith("financial_connections.")
    ]
    assert {*MODELS.values(), Event} < set(classes)
    for cls in classes:
        hints = typing.get_type_hints(cls)
        for attribute in attrs.fields(cls):
            is_required = attribute.default is REQUIRED
            assert is_required is not allows_none(hints[attribute.name]), attribute

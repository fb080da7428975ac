import inspect

import pytest
from attrs import evolve

from codegen.access import SpecError
from codegen.contract.names import method_name
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.python.methods import build_module
from codegen.python.parse import parse_contract
from codegen.python.signatures import OPTIONS
from tests.support.tiny_spec import WIDGETS, spec, widget


def contract(change=None):
    document = spec()
    if change:
        change(document)
    return parse_contract(normalise(slice_document(document)))


def methods(change=None):
    module = build_module("widgets", contract(change))
    return {method.name: method for method in module.methods}


def expand_types(change=None):
    module = build_module("widgets", contract(change))
    return {alias.name: alias.definition for alias in module.expand_types}


def make_expandable(name):
    def change(document):
        widget(document)[name] = dict(widget(document)["owner"])

    return change


@pytest.mark.parametrize(
    ("operation", "tag", "name"),
    [
        ("list_accounts", "accounts", "list"),
        ("list_account_owners", "accounts", "list_owners"),
        ("retrieve_transaction", "transactions", "retrieve"),
        ("delete_authorization", "authorizations", "delete"),
        ("list_account_inferred_balances", "accounts", "list_inferred_balances"),
        ("search", "accounts", "search"),
        ("accounts", "accounts", "accounts"),
    ],
)
def test_a_method_name_omits_the_noun_of_its_group(operation, tag, name):
    assert name == method_name(operation, tag)


def test_a_class_has_a_method_for_each_operation():
    module = build_module("widgets", contract())
    assert "WidgetOperations" == module.class_name
    assert ["list", "retrieve", "spin"] == [method.name for method in module.methods]


def test_a_list_method_returns_a_pager_and_copies_mutable_arguments():
    listing = methods()["list"]
    assert "Pager[Widget]" == listing.signature.result
    assert (
        "self._sender",
        "owner=owner",
        "made=deepcopy(made)",
        "expand=item_paths(expand)",
    ) == listing.passed


def test_arguments_common_to_all_lists_come_last():
    arguments = methods()["list"].signature.arguments
    names = [argument.partition(":")[0] for argument in arguments]
    assert [
        *("self", "*", "owner", "made"),
        *("limit", "starting_after", "ending_before", "expand", "options"),
    ] == names
    assert OPTIONS == arguments[-1]


def test_expand_narrows_the_result_through_ordered_overloads():
    spin = methods()["spin"]
    expand = [
        (argument, overload.result)
        for overload in spin.overloads
        for argument in overload.arguments
        if argument.startswith("expand")
    ]
    assert [
        ("expand: ExpandToWidget | None = None", "Widget"),
        ("expand: ExpandToWidgetWithOwner", "WidgetWithOwner"),
        ("expand: Sequence[WidgetExpand] | None", "Widget"),
    ] == expand
    assert {
        "ExpandToWidget": "Sequence[Never]",
        "ExpandToWidgetWithOwner": "list[WidgetExpand] | tuple[WidgetExpand, ...]",
    } == expand_types()


def test_two_expandable_fields_have_an_overload_for_each_subset():
    change = make_expandable("seller")
    results = [overload.result for overload in methods(change)["spin"].overloads]
    assert [
        "Widget",
        "WidgetWithOwner",
        "WidgetWithSeller",
        "WidgetWithOwnerWithSeller",
        "Widget",
    ] == results
    types = expand_types(change)
    assert (
        "list[Literal['owner']] | tuple[Literal['owner'], ...]"
        == (types["ExpandToWidgetWithOwner"])
    )
    assert (
        "list[WidgetExpand] | tuple[WidgetExpand, ...]"
        == (types["ExpandToWidgetWithOwnerWithSeller"])
    )


def test_three_expandable_fields_are_not_narrowed():
    def change(document):
        make_expandable("seller")(document)
        make_expandable("buyer")(document)

    assert () == methods(change)["spin"].overloads
    assert {} == expand_types(change)


def test_a_narrowing_has_the_type_of_the_expanded_object():
    (narrowing,) = contract().narrowings["Widget"]
    assert [("owner", "Customer")] == [
        (field.name, field.annotation) for field in narrowing.fields
    ]


def test_expand_without_expandable_fields_accepts_nothing():
    def change(document):
        del widget(document)["owner"]

    signature = methods(change)["retrieve"].signature
    assert "expand: Sequence[Never] | None = None" in signature.arguments


def test_a_docstring_documents_every_argument():
    for method in methods().values():
        for argument in method.signature.arguments:
            name = argument.partition(":")[0]
            assert name in {"self", "*"} or f"    {name}: " in method.doc, name


def test_errors_and_source_are_documented():
    document = normalise(slice_document(spec()))
    operation = document["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
    operation["x-raises"] = {"NotFoundError": "There is no such widget."}
    operation["externalDocs"] = {"url": "https://example.org/spin"}
    module = build_module("widgets", parse_contract(document))
    (spin,) = [method for method in module.methods if method.name == "spin"]
    text = inspect.cleandoc(spin.doc.strip('"'))
    assert "\n\nRaises:\n    NotFoundError: There is no such widget.\n" in text
    assert text.endswith("\n\nSource: https://example.org/spin")


def test_operations_with_the_same_method_name_are_rejected():
    tiny = contract()
    twin = evolve(tiny.operations["list_widgets"], name="list_widget")
    operations = {**tiny.operations, "list_widget": twin}
    with pytest.raises(SpecError, match=r"^tags\.widgets: two operations"):
        build_module("widgets", evolve(tiny, operations=operations))

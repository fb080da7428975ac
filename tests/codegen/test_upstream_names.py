import pytest

from codegen.contract.upstream_names import add_upstream_names
from tests.support.tiny_spec import ref, spec, widget

TABLES = {
    "schemas": {
        "card": "Card",
        "customer": "Customer",
        "deleted_customer": "Customer",
        "financial_connections.widget": "Widget",
        "gone": "Gone",
    },
    "inline": {
        "Widget.colour": "WidgetColour",
        "Widget.shape.size": "WidgetSize",
        "spin_widget.until": "SpinWidgetUntil",
    },
    "operations": {"post /v1/financial_connections/widgets/spin": "spin_widget"},
}


@pytest.mark.parametrize(
    ("location", "upstream"),
    [
        ("Card", "card"),
        ("Card.properties.far", "card.properties.far"),
        ("Customer", "customer and deleted_customer"),
        (
            "Widget.properties.parts[0]",
            "financial_connections.widget.properties.parts[0]",
        ),
        ("WidgetColour", "financial_connections.widget.properties.colour"),
        ("WidgetSize", "financial_connections.widget.properties.shape.properties.size"),
        ("SpinWidgetUntil", "post /v1/financial_connections/widgets/spin, until"),
    ],
)
def test_a_message_about_our_schema_names_the_one_of_upstream(location, upstream):
    message = f"the old contract: components.schemas.{location}: is wrong"
    expected = message.replace(": is", f" (upstream's {upstream}): is")
    assert expected == add_upstream_names(message, TABLES, spec())


@pytest.mark.parametrize(
    "message", ["info.version: missing", "components.schemas.Gone: x", "x"]
)
def test_other_messages_stay_as_they_are(message):
    assert message == add_upstream_names(message, TABLES, spec())


@pytest.mark.parametrize("stage", ["bump", "contract"])
def test_a_contract_that_cannot_be_generated_is_reported_with_both_names(tree, stage):
    tree.drop_overlays()
    document = spec()
    choices = ["api_errors", "bank_connections_resource_maker"]
    widget(document)["part"] = {"anyOf": [ref(name) for name in choices]}
    result = tree.call(stage, tree.write("upstream.json", document))
    assert 1 == result.returncode
    assert result.stderr.startswith(
        "codegen: components.schemas.Widget.properties.part "
        "(upstream's financial_connections.widget.properties.part): a union of "
    )

"""Remove the envelopes in which event buses deliver events. Pure.

Amazon EventBridge puts the event into `detail`. Azure Event Grid delivers CloudEvents,
which contain the event in `data`, one by one or in arrays.

Source: https://docs.stripe.com/event-destinations/eventbridge and
https://docs.stripe.com/event-destinations/eventgrid
"""

from financial_connections._decoding import ContentError, split_array, split_object

# The keys that only an envelope has, and the one that contains the event.
_ENVELOPES = (
    ("Amazon EventBridge", {"detail-type", "detail"}, "detail"),
    ("CloudEvents", {"specversion", "data"}, "data"),
)


def unwrap(content: bytes) -> bytes:
    """Return the event in an envelope, exactly as it was sent.

    Args:
        content: JSON text of an envelope, of an array with one envelope, or of an event
            without an envelope, which is returned unchanged.

    Raises:
        ContentError: The content is not a JSON object, or there is not exactly one
            event in the envelope.
    """
    if content.lstrip()[:1] == b"[":
        content = _only_item(content)
    parts = split_object(content)
    for name, keys, key in _ENVELOPES:
        if keys <= parts.keys():
            if parts[key].lstrip()[:1] != b"{":
                raise ContentError(f"the {key} of the {name} envelope is not an object")
            return parts[key]
    return content


def _only_item(content: bytes) -> bytes:
    items = split_array(content)
    if len(items) != 1:
        raise ContentError(f"it is an array of {len(items)} items; parse each of them")
    return items[0]

"""Keys, their escaped forms, and the representations of an error."""

import copy
import pickle
import re

from hypothesis import strategies as st

ALPHABET = "abcXYZ0189_-.+/=~!"
KEYS = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "sk_test_",
            "sk_live_",
            "rk_live_",
            "sk_org_live_",
            "rk_org_test_",
            "sk_org_",
            "",
            "mock-",
        ]
    ),
    st.text(ALPHABET, min_size=8, max_size=40).filter(
        lambda text: text.strip("_-.+/=~!") != ""
    ),
)


def draw_escaped(draw, key, *, in_json):
    """Draw text in which each character of a key may be escaped."""
    escapes = [
        lambda c: c,
        lambda c: f"%{ord(c):02X}",
        lambda c: f"%{ord(c):02x}",
        lambda c: f"&#{ord(c)};",
    ]
    escapes += [lambda c: f"&#x{ord(c):X};", lambda c: f"%25{ord(c):02x}"]
    if in_json:
        escapes += [
            lambda c: f"\\u{ord(c):04x}",
            lambda c: f"\\u{ord(c):04X}",
            lambda c: "\\/" if c == "/" else c,
        ]
    return "".join(draw(st.sampled_from(escapes))(character) for character in key)


ESCAPES = re.compile(
    r"%([0-9A-Fa-f]{2})|\\+u([0-9A-Fa-f]{4})"
    r"|&#([0-9]{1,6});|&#[xX]([0-9A-Fa-f]{1,5});|\\+(/)"
)


def unescape(text):
    """Undo all escapes three times, as someone who finds the text in a log could."""

    def character(match):
        for number, base in enumerate((16, 16, 10, 16), start=1):
            if match[number]:
                return chr(int(match[number], base) % 0x11_0000)
        return "/"

    for _ in range(3):
        text = ESCAPES.sub(character, text)
    return text


def representations_of(error):
    yield from (str(error), repr(error), repr(vars(error)), str(error.__reduce__()))
    yield pickle.dumps(error).decode("latin-1")
    yield pickle.dumps(copy.deepcopy(error), protocol=0).decode("latin-1")


def assert_masked(key, error):
    for text in representations_of(error):
        assert key not in text
        assert key not in unescape(text)

"""Keep the list of changes since the last release in CHANGELOG.md.

The list is one block between two comments. It is rewritten as a whole, so it
stays correct after any number of bumps. All other text is written by people.
"""

import re
from textwrap import wrap

from codegen.access import SpecError

RELEASE = "## Unreleased"
SECTION = "### Stripe API"
BEGIN = '<!-- Changes since the last release. "make bump" rewrites this list. -->'
END = "<!-- End of the list. -->"
WIDTH = 80


def update_draft(changelog: str, draft: str) -> str:
    """Replace the block of changes in the "Unreleased" section.

    The block is inserted at the end of the section "Stripe API", and stays where it has
    been moved to. If there are no changes, it is removed, and so is the section if
    nothing else is in it.

    Args:
        changelog: Text of the changelog.
        draft: Markdown list items, or an empty string.

    Raises:
        SpecError: One of the comments around the block is missing.
    """
    before, release, after = split_release(changelog)
    above, found, below = split_block(release)
    if not draft and not found:
        return changelog
    if not draft:
        above = remove_empty_section(above, below)
    elif not found:
        above, below = split_section(release or RELEASE)
    block = f"{BEGIN}\n\n{wrap_items(draft)}\n\n{END}" if draft else ""
    return join(before, above, block, below, after)


def remove_markers(changelog: str) -> str:
    """Turn the block of changes into text that the next bump leaves alone."""
    markers = "|".join(map(re.escape, (BEGIN, END)))
    text = re.sub(rf"(?m)^(?:{markers})\n*", "", changelog)
    return changelog if text == changelog else text.rstrip("\n") + "\n"


def split_release(changelog: str) -> tuple[str, str, str]:
    """Split the changelog before and after the section of the next release.

    If the changelog has no such section, the second part is empty, and the first part
    ends where the section should be inserted.
    """
    before, *sections = re.split(r"(?m)^(?=## )", changelog)
    titles = [section.split("\n", 1)[0].rstrip() for section in sections]
    if RELEASE not in titles:
        return before, "", "".join(sections)
    index = titles.index(RELEASE)
    return (
        before + "".join(sections[:index]),
        sections[index],
        "".join(sections[index + 1 :]),
    )


def split_block(release: str) -> tuple[str, str, str]:
    """Split a section before and after the block, which may be empty."""
    above, begin, rest = release.partition(BEGIN)
    items, end, below = rest.partition(END)
    markers = release.count(BEGIN), release.count(END)
    if markers not in {(0, 0), (1, 1)} or bool(begin) != bool(end):
        raise SpecError(
            f"CHANGELOG.md: expected {BEGIN!r} and {END!r} once each, in this order"
        )
    return above, begin + items + end, below


def split_section(release: str) -> tuple[str, str]:
    """Split a release at the end of its section "Stripe API", adding its heading."""
    section = re.search(rf"(?ms)^{SECTION} *$.*?(?=^#{{1,3}} |\Z)", release)
    if section:
        return release[: section.end()], release[section.end() :]
    return join(release, SECTION), ""


def remove_empty_section(above: str, below: str) -> str:
    """Remove the heading "Stripe API" if no text comes before or after the block."""
    is_last = not below.strip() or below.lstrip().startswith("#")
    return re.sub(rf"(?m)^{SECTION}\s*\Z", "", above) if is_last else above


def wrap_items(draft: str) -> str:
    """Wrap each item of a list."""
    return "\n".join(
        line
        for item in draft.splitlines()
        for line in wrap(
            item,
            WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def join(*parts: str) -> str:
    """Join texts with a blank line between them."""
    return "\n\n".join(text for part in parts if (text := part.strip("\n"))) + "\n"

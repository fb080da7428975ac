"""Compare the names that hand-written files mention with the changes to a contract.

Removed names should not be mentioned any longer, and the command and the sandbox should
support what is new. Type checkers cannot verify this, because parameters are plain
dicts, and the sandbox works on JSON.

A word that the contract still has elsewhere, such as `status`, proves nothing by
itself. Such a name counts as mentioned where it directly follows the name of its
holder, as in `filters["country"]`, `filters.country` or `SessionFilters.country`.
"""

import re
from collections.abc import Collection, Mapping

from codegen.allowlist import LEFT_OUT, MENTIONED, Allowlist
from codegen.python.ir import Contract
from codegen.vocabulary import Name, holders_of, list_names, words_in
from codegen.words import File, line_of

Files = Mapping[str, File]
"""The hand-written files, keyed by their paths in the project."""
Found = dict[str, tuple[set[str], dict[str, set[int]]]]
"""For each word: the labels of the names it may mean, and its lines in each file."""


def list_removed(
    old: Contract, new: Contract, files: Files, allowlist: Allowlist
) -> list[str]:
    """List the names that were removed from the contract but are still mentioned.

    Args:
        old: The contract of the last release.
        new: The new contract.
        files: The hand-written files.
        allowlist: The exceptions.
    """
    before, after = list_names(old), list_names(new)
    known = words_in(after)
    found: Found = {}
    for label in sorted(before.keys() - after.keys()):
        name = before[label]
        for word in name.words:
            holders = holders_before(name, word, old, new) if word in known else None
            for path, file in files.items():
                lines = (
                    file.lines_with(word)
                    if holders is None
                    else held(word, holders, file.text)
                )
                if lines and not allowlist.allow(MENTIONED, word, path):
                    labels, places = found.setdefault(word, (set(), {}))
                    labels.add(label)
                    places.setdefault(path, set()).update(lines)
    words: dict[tuple[str, ...], list[str]] = {}
    for word, (labels, _) in sorted(found.items()):
        words.setdefault(tuple(sorted(labels)), []).append(word)
    return [describe_removal(labels, words[labels], found) for labels in sorted(words)]


def list_added(
    old: Contract, new: Contract, files: Files, allowlist: Allowlist
) -> list[str]:
    """List the new names that the command or the sandbox does not mention.

    Words that the old contract already had are skipped, because they may be mentioned
    for another reason.

    Args:
        old: The contract of the last release.
        new: The new contract.
        files: The hand-written files.
        allowlist: The exceptions.
    """
    before, after = list_names(old), list_names(new)
    known = words_in(before)
    found: dict[str, tuple[set[str], set[str]]] = {}
    for label in sorted(after.keys() - before.keys()):
        name = after[label]
        word = name.words[0]
        for folder in name.places if word not in known else ():
            is_mentioned = any(
                path.startswith(folder) and any(map(file.lines_with, name.words))
                for path, file in files.items()
            )
            if not is_mentioned and not allowlist.allow(LEFT_OUT, word, folder):
                labels, folders = found.setdefault(word, (set(), set()))
                labels.add(label)
                folders.add(folder)
    return [
        f"{join(labels)} new, but `{word}` is not mentioned in "
        + " and ".join(sorted(folders))
        for word, (labels, folders) in sorted(found.items())
    ]


def holders_before(name: Name, word: str, old: Contract, new: Contract) -> set[str]:
    """Return the former holders of a name, except those that still hold the word."""
    if not name.schema:
        return set()
    holding = {
        holder
        for schema in new.classes.values()
        if word in {field.name for field in schema.fields}
        for holder in (schema.name, *holders_of(schema.name, new))
    }
    return {name.schema, *holders_of(name.schema, old)} - holding


def held(word: str, holders: set[str], text: str) -> set[int]:
    """Return the lines on which a word follows the name of one of its holders."""
    # Most files do not have the word, which is faster to see than that none matches.
    if not holders or word not in text:
        return set()
    pattern = (
        rf"\b(?:{'|'.join(sorted(holders))})\b"
        rf"(?=[^\w\n]*[.\[\"'])[\]\[\"'.(){{}}:= ]{{1,6}}{re.escape(word)}\b"
    )
    return {line_of(text, match.start()) for match in re.finditer(pattern, text)}


def describe_removal(labels: tuple[str, ...], words: list[str], found: Found) -> str:
    """Format what was removed, and the words by which it is still mentioned."""
    places: dict[str, set[int]] = {}
    for word in words:
        for path, lines in found[word][1].items():
            places.setdefault(path, set()).update(lines)
    mentions = ", ".join(
        f"{path}:{','.join(map(str, sorted(places[path])))}" for path in sorted(places)
    )
    quoted = [f"`{word}`" for word in words]
    return f"{join(labels)} gone, but {join(quoted)} still mentioned: {mentions}"


def join(names: Collection[str]) -> str:
    """Join names into the subject of a sentence, followed by its verb."""
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"

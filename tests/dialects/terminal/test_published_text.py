"""The copies of the published document's literals are what the document says."""

from __future__ import annotations

import json

import pytest

from tests.dialects.terminal.documents import LITERALS, document_lines, published


@pytest.mark.parametrize("name", LITERALS)
def test_each_literal_stands_in_the_document_word_for_word(name):
    held = published(name)
    rest = "\n".join(document_lines()[held["line"] - 1 :])
    found, _ = json.JSONDecoder().raw_decode(rest)
    assert json.dumps(found) == json.dumps(held["literal"])


def test_each_sentence_stands_in_its_line():
    lines = document_lines()
    sentences = published("sentences.json")["lines"]
    assert [lines[sentence["line"] - 1] for sentence in sentences] == [s["text"] for s in sentences]


def test_every_json_literal_of_the_document_has_its_copy():
    # The envelope's sketch holds a comment in place of its data; it is no JSON and shows no entity.
    sketches = {number for number, line in enumerate(document_lines(), -1) if line.startswith("// actual")}
    starts = {published(name)["line"] for name in LITERALS} | sketches
    lines = document_lines()
    depth, found = 0, set()
    for number, line in enumerate(lines, 1):
        if line == "{" and depth == 0:
            found.add(number)
        depth += line.count("{") + line.count("[") - line.count("}") - line.count("]")
    assert found == starts

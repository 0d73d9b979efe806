import tomllib

import pytest

from mesa_doe.cli.toml_lines import key_lines

NASTY = '''\
# a comment with [brackets], "quotes" and = signs
title = "a # that is none, and a ] too"   # but this is one
lone."quoted key".'literal = key' = 1

[space]
density = {real = [0.1, 0.9], log = true}
levels = {categorical = [
    "a", # "not this"
    """b
[not.a.section]
x = 1""",
    \'\'\'c " = [ \'\'\',
]}
after = """ends with a quote""""

  [space . spaced]
  value = -1e-3
  when = 1979-05-27T07:32:00Z

[[analysis]]
output = "y"
[analysis.more]
deep = {a = {b = [{c = 1}, {c = 2}]}}

[[analysis]]
output = ""
"also quoted" = ''
'''


def places(value, key=()):
    """Yield the key of every value in the data."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*key, name)
        yield from places(inner, (*key, name))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_key_has_a_line(end):
    text = NASTY.replace("\n", end)
    assert set(key_lines(text)) == set(places(tomllib.loads(text)))


def test_the_lines_are_those_where_keys_stand():
    lines = key_lines(NASTY)
    text = NASTY.splitlines()
    for key, line in lines.items():
        if isinstance(key[-1], str):
            assert key[-1] in text[line - 1]
    assert lines["space",] == 5
    assert lines["space", "levels", "categorical", 2] == 12
    assert lines["space", "after"] == 14
    assert lines["space", "spaced", "value"] == 17
    assert [lines["analysis", place, "output"] for place in (0, 1)] == [21, 26]
    assert lines["analysis", 0, "more", "deep", "a", "b", 1, "c"] == 23


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "a = 1", "[a]", "a.b = [[], {}]"])
def test_texts_that_hold_little_are_scanned_too(text):
    assert set(key_lines(text)) == set(places(tomllib.loads(text)))

"""The table that the README shows is what its first example prints."""

import doctest
import re

import mesa
import pytest

from tests.docs.blocks import take

EXAMPLE = take("README.md", "python", "import mesa_doe")
SHOWN = take("README.md", "text")


@pytest.mark.filterwarnings("ignore")
def test_the_indices_are_those_of_the_example(capsys):
    found = {}
    for example in doctest.DocTestParser().get_examples(EXAMPLE):
        exec(compile(example.source, "README.md", "single"), found)
    capsys.readouterr()
    print(found["indices"])
    printed = capsys.readouterr().out
    if mesa.__version__.startswith("3.3."):
        assert printed == SHOWN
    else:  # the model draws other numbers
        assert shape(printed) == shape(SHOWN)


def shape(text):
    return re.sub(r" +", " ", re.sub(r"-?\d+\.\d+", "#", text))

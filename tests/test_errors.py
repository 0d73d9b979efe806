import contextlib

import pytest

import mesa_doe as doe
from mesa_doe.errors import duration, warn


def function_of(module, filename):
    """Return a function of another module, which calls the one that it is given."""
    scope = {"__name__": module}
    exec(compile("def calls(f, *args):\n    return f(*args)\n", filename, "exec"), scope)
    return scope["calls"]


@pytest.mark.parametrize("module", ["mesa_doe", "mesa_doe.runner.until"])
def test_a_warning_points_at_the_line_that_called_the_package_however_deep_it_is(module):
    design = doe.sobol(doe.ParameterSpace(x=doe.Real(0, 1)), 8, rng=1)
    deep = function_of(module, "inside.py")
    with pytest.warns(doe.MesaDoeWarning, match="n=12 is not a power of two") as caught:
        deep(deep, design.extend, 12)
    assert [one.filename for one in caught] == [__file__]


def test_a_warning_of_a_context_points_at_the_line_of_the_user_as_well():
    scope = {"__name__": "mesa_doe.study", "contextmanager": contextlib.contextmanager, "warn": warn}
    source = """
@contextmanager
def opened():
    warn("mind")
    yield

def run():
    with opened():
        pass
"""
    exec(compile(source, "inside.py", "exec"), scope)
    with pytest.warns(doe.MesaDoeWarning, match="^mind$") as caught:
        scope["run"]()
    assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize("module", ["mesa_doe_mine", "mesa_doe2.models", "my.mesa_doe", "__main__"])
def test_a_module_of_the_users_whose_name_begins_like_the_packages_is_the_users(module):
    with pytest.warns(doe.MesaDoeWarning, match="^mind$") as caught:
        function_of(module, "mine.py")(warn, "mind")
    assert [one.filename for one in caught] == ["mine.py"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.0123, "0.012 s"), (9.97, "10 s"), (59.4, "59 s"), (59.7, "1 min"), (150, "2 min 30 s"),
        (3599.6, "1 h"), (3630, "1 h"), (5400, "1 h 30 min"), (86_400, "1 d"), (200_000, "2 d 7 h"),
    ],
)  # fmt: skip
def test_a_time_is_told_in_its_two_largest_units(seconds, text):
    assert duration(seconds) == text

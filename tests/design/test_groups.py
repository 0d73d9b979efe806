import pytest

from mesa_doe.design.groups import read_groups
from mesa_doe.errors import DesignError

FACTORS = ("density", "radius", "kind")


def test_groups_come_in_the_order_of_their_first_factors_and_factors_in_theirs():
    groups = read_groups({"b": ["kind"], "a": ("radius", "density")}, FACTORS, "sobol")
    assert list(groups.items()) == [("a", ("density", "radius")), ("b", ("kind",))]


def test_every_mistake_is_named_at_once():
    groups = {"a": ["density", "density"], 1: ["radus"], "b": "kind", "c": [], "d": ["density", ["x"]]}
    with pytest.raises(DesignError) as caught:
        read_groups(groups, FACTORS, "morris")
    assert str(caught.value).splitlines() == [
        "morris: the groups have mistakes (9):",
        "  - group 'a' names factor 'density' twice",
        "  - the name of a group must be a str, got 1",
        "  - group 1: 'radus' is no factor; close: 'radius'",
        "  - group 'b' takes a list of factors, got 'kind'",
        "  - group 'c' takes a list of factors, got []",
        "  - group 'd': ['x'] is no factor",
        "  - factor 'density' is in 'a' and 'd', must be in one",
        "  - factor 'radius' is in no group; a group may hold one factor",
        "  - factor 'kind' is in no group; a group may hold one factor",
    ]


@pytest.mark.parametrize("groups", [{}, {"all": list(FACTORS)}], ids=["none", "one"])
def test_fewer_than_two_groups_are_refused(groups):
    with pytest.raises(DesignError, match=r"in no group|at least two groups are needed, got only 'all'"):
        read_groups(groups, FACTORS, "sobol")


@pytest.mark.parametrize("groups", ["ab", ["a"], None, 3], ids=repr)
def test_what_is_no_mapping_is_refused(groups):
    with pytest.raises(
        DesignError, match="sobol: groups takes a mapping of group names to lists of factors, got"
    ):
        read_groups(groups, FACTORS, "sobol")

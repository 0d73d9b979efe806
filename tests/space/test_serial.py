import enum
import json
import math

import numpy as np
import pytest
from scipy import stats

from mesa_doe.errors import SpaceError
from mesa_doe.space import Boolean, Categorical, Constant, Discrete, Integer, Law, ParameterSpace, Real


class Colour(enum.Enum):
    RED = 1


def full_space():
    new = {"n": stats.Normal(mu=1.0, sigma=2.0)} if hasattr(stats, "Normal") else {}
    return ParameterSpace(
        first=20,
        real=Real(0, 0.9),
        log=Real(0.1, 1, log=True),
        integer=Integer(-2, 2**60 // 2**20),
        ints=Discrete([1, 2]),
        floats=Discrete([1.0, 2.0]),
        kind=Categorical(["a", True, 1, 1.0, None, [1, "b"], {"k": []}]),
        weighted=Categorical(["a", "b"], [0.1, 0.9]),
        switch=Boolean(),
        middle=Constant([1, [2.0]]),
        beta=stats.beta(2, b=5),
        poisson=Law(stats.poisson(3), quantiles=(0.01, 0.99)),
        **new,
        last={"a": None},
    )


def test_a_space_comes_back_from_json_text_equal_with_its_types_and_order():
    space = full_space()
    again = ParameterSpace.from_dict(json.loads(json.dumps(space.to_dict(), allow_nan=False)))
    assert again == space
    assert repr(again) == repr(space)
    assert list(again.constants) == ["first", "middle", "last"]
    u = np.random.default_rng(1).random((50, len(space)))
    for name, column in space.columns_from_unit(u).items():
        other = again.columns_from_unit(u)[name]
        assert other.dtype == column.dtype
        assert [(type(v), v) for v in other.tolist()] == [(type(v), v) for v in column.tolist()]


def test_a_document_does_not_change_with_the_space_it_came_from():
    held = [1]
    document = ParameterSpace(x=Constant(held)).to_dict()
    held.append(2)
    assert document["axes"]["x"]["value"] == [1]


@pytest.mark.parametrize("value", [Colour.RED, len, math.inf, b"a", object(), 1j])
def test_values_that_json_cannot_hold_are_named(value):
    with pytest.raises(SpaceError, match=r"axis 'x': .* cannot be written to JSON"):
        ParameterSpace(x=value).to_dict()
    with pytest.raises(SpaceError, match=r"axis 'x': .* cannot be written to JSON"):
        ParameterSpace(x=Categorical(["a", value])).to_dict()


def test_every_axis_that_json_cannot_hold_is_named_at_once():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace(a=Constant((1, 2)), b=Real(0, 1), c=len).to_dict()
    assert [line.split("'")[1] for line in str(caught.value).splitlines()[1:]] == ["a", "c"]


def test_an_axis_of_another_class_has_no_json():
    class Mine(Integer):
        pass

    with pytest.raises(SpaceError, match="axis 'x': an axis of the class Mine cannot be written"):
        ParameterSpace(x=Mine(1, 2)).to_dict()


LAW = {"kind": "law", "distribution": "norm", "args": [], "kwds": {}, "quantiles": [0.1, 0.9]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "read from a dict, got NoneType"),
        ([], "read from a dict, got list"),
        ({}, "must have version 1, got None"),
        ({"version": 2, "axes": {}}, "must have version 1, got 2"),
        ({"version": True, "axes": {}}, "must have version 1, got True"),
        ({"version": 1}, "'axes' must be a dict"),
        ({"version": 1, "axes": {}}, "needs at least one axis"),
        ({"version": 1, "axes": {"x": 3}}, "axis 'x': an axis must be a dict with a kind, got 3"),
        (
            {"version": 1, "axes": {"x": {"kind": "reel"}}},
            "kind must be one of boolean, categorical, .*got 'reel'",
        ),
        ({"version": 1, "axes": {"x": {"kind": []}}}, "kind must be one of"),
        ({"version": 1, "axes": {"x": {"kind": "real", "low": 0}}}, "'real' lacks 'high', 'log'"),
        ({"version": 1, "axes": {"x": {"kind": "boolean", "y": 0}}}, "'boolean' has unknown 'y'"),
        ({"version": 1, "axes": {"x": {"kind": "integer", "low": 3, "high": 1}}}, "low must be below high"),
        (
            {"version": 1, "axes": {"x": {"kind": "categorical", "levels": 3, "weights": None}}},
            "levels must be a list",
        ),
        ({"version": 1, "axes": {"x": {**LAW, "distribution": "gauss"}}}, "has no law called 'gauss'"),
        (
            {"version": 1, "axes": {"x": {**LAW, "distribution": "ttest_ind"}}},
            "has no law called 'ttest_ind'",
        ),
        ({"version": 1, "axes": {"x": {**LAW, "distribution": "__name__"}}}, "has no law called"),
        ({"version": 1, "axes": {"x": {**LAW, "distribution": ["norm"]}}}, "has no law called"),
        ({"version": 1, "axes": {"x": {**LAW, "args": "ab"}}}, "must be numbers"),
        ({"version": 1, "axes": {"x": {**LAW, "args": [1, 2, 3, 4]}}}, "are no parameters of the law 'norm'"),
        ({"version": 1, "axes": {"x": {**LAW, "kwds": {"mu": 1}}}}, "are no parameters of the law 'norm'"),
        ({"version": 1, "axes": {"x": {**LAW, "quantiles": 3}}}, "quantiles must be two numbers"),
    ],
)
def test_a_document_that_is_no_space_is_refused(document, message):
    with pytest.raises(SpaceError, match=message):
        ParameterSpace.from_dict(document)


def test_every_wrong_axis_of_a_document_is_named_at_once():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace.from_dict({"version": 1, "axes": {"a": 1, "b": {"kind": "boolean"}, "c": {}}})
    assert len(str(caught.value).splitlines()) == 3

import copy
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import mesa_doe.space
from mesa_doe.errors import SpaceError
from mesa_doe.space import (
    Boolean,
    Categorical,
    Constant,
    Derived,
    Discrete,
    Integer,
    Law,
    ParameterSpace,
    Real,
)

LEVELS = ["a", [1, 2], len, None]


def space_of_all():
    return ParameterSpace(
        density=Real(0.1, 0.9),
        width=20,
        radius=Integer(1, 4),
        size=Discrete([1, 10, 100]),
        kind=Categorical(LEVELS),
        switch=Boolean(),
        homophily=stats.beta(2, 5),
        count=stats.poisson(3),
    )


def test_the_public_names_are_held():
    assert mesa_doe.space.__all__ == sorted(mesa_doe.space.__all__)
    assert set(mesa_doe.space.__all__) == {
        "Axis",
        "Boolean",
        "Categorical",
        "Constant",
        "Derived",
        "Discrete",
        "Integer",
        "Law",
        "ParameterSpace",
        "Real",
    }


def test_factors_and_constants_are_kept_apart_and_in_order():
    space = space_of_all()
    assert space.names == ("density", "radius", "size", "kind", "switch", "homophily", "count")
    assert tuple(space) == tuple(space.axes) == space.names
    assert len(space) == 7
    assert dict(space.constants) == {"width": 20}
    assert "width" in space
    assert "density" in space
    assert "nothing" not in space
    assert space["radius"] == Integer(1, 4)
    assert space["width"] == Constant(20)
    with pytest.raises(KeyError, match="no parameter 'densty'; close: 'density'"):
        space["densty"]


def test_a_mapping_keywords_and_both_make_the_same_space():
    a, b = Real(0, 1), Integer(1, 2)
    assert ParameterSpace({"a": a, "b": b}) == ParameterSpace(a=a, b=b) == ParameterSpace({"a": a}, b=b)
    assert ParameterSpace(mapping=a, self=b).names == ("mapping", "self")
    with pytest.raises(SpaceError, match="axis 'a': given twice, in the mapping and as a keyword"):
        ParameterSpace({"a": a}, a=a)
    with pytest.raises(SpaceError, match="takes a mapping or name=axis, got a list"):
        ParameterSpace([a])


def test_no_axis_at_all_is_refused():
    for make in (ParameterSpace, lambda: ParameterSpace({})):
        with pytest.raises(
            SpaceError, match=r"needs at least one axis, e.g. ParameterSpace\(density=Real\(0, 1\)\)"
        ):
            make()


def test_three_mistakes_are_three_lines():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace(density=Real(0.9, 0.1), radius=Integer(1, 3.0), kind=["a", "b"], width=20)
    heading, *lines = str(caught.value).splitlines()
    assert heading == "the parameter space has mistakes (3):"
    assert lines[0] == "  - axis 'density': low must be below high, got low=0.9, high=0.1"
    assert lines[1] == "  - axis 'radius': high must be an int, got 3.0: write 3"
    assert lines[2].startswith("  - axis 'kind': a list is no plain value")
    assert len(lines) == 3


def test_one_mistake_is_one_line():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace(density=Real(0.9, 0.1))
    assert str(caught.value) == "axis 'density': low must be below high, got low=0.9, high=0.1"


def test_a_frame_has_a_column_a_factor_of_the_axis_type_and_the_levels_themselves():
    space = space_of_all()
    u = np.linspace(0, 1, 9)[:, None] * np.ones(len(space))
    frame = space.from_unit(u)
    assert tuple(frame.columns) == space.names
    assert frame.index.name == "point"
    assert frame.index.tolist() == list(range(9))
    assert [str(dtype) for dtype in frame.dtypes] == [
        "float64",
        "int64",
        "int64",
        "object",
        "bool",
        "float64",
        "int64",
    ]
    assert all(any(value is level for level in LEVELS) for value in frame["kind"])
    for name, column in space.columns_from_unit(u).items():
        assert frame[name].tolist() == column.tolist()


def test_columns_of_strings_stay_objects_and_the_very_strings():
    levels = ["".join(["ra", "ndom"]), "".join(["seq", "uential"])]
    frame = ParameterSpace(x=Categorical(levels)).from_unit([[0.0], [1.0]])
    assert frame["x"].dtype == object
    assert all(a is b for a, b in zip(frame["x"], levels, strict=True))


# Down to 2**-32 as samplers give them: scipy's beta gives up on quantiles such as 1e-120.
units = st.integers(0, 2**32).map(lambda i: i / 2**32)


@given(st.lists(st.lists(units, min_size=7, max_size=7), min_size=1, max_size=10))
def test_points_go_to_values_and_back(u):
    space = space_of_all()
    frame = space.from_unit(u)
    assert space.problems_of(frame) == []
    unit = space.to_unit(frame)
    assert unit.shape == (len(u), 7)
    again = space.from_unit(unit)
    pd.testing.assert_frame_equal(again.drop(columns="kind"), frame.drop(columns="kind"), atol=1e-9)
    assert all(a is b for a, b in zip(again["kind"], frame["kind"], strict=True))
    discrete = [1, 2, 3, 4, 6]
    assert space.to_unit(again)[:, discrete].tolist() == unit[:, discrete].tolist()


def test_a_long_sample_has_the_values_of_its_parts():
    space, at_once = space_of_all(), mesa_doe.space.space._AT_ONCE
    unit = np.random.default_rng(1).random((2 * at_once + 1, 7))
    whole = space.from_unit(unit)
    parts = [space.from_unit(unit[start : start + at_once]) for start in range(0, len(unit), at_once)]
    for name in space:
        assert whole[name].tolist() == [value for part in parts for value in part[name].tolist()]
        assert whole[name].dtype == parts[0][name].dtype


def test_an_empty_sample_is_an_empty_frame_of_the_same_types():
    space = space_of_all()
    frame = space.from_unit(np.empty((0, 7)))
    assert frame.shape == (0, 7)
    assert frame.dtypes.tolist() == space.from_unit(np.zeros((1, 7))).dtypes.tolist()
    assert space.to_unit(frame).shape == (0, 7)


@pytest.mark.parametrize(
    ("u", "message"),
    [
        ([0.5, 0.5], r"must have shape \(n, 2\), a column a factor, got \(2,\)"),
        ([[0.5]], r"must have shape \(n, 2\), a column a factor, got \(1, 1\)"),
        ([["a", "b"]], "must be an array of numbers"),
        ([[0, 1], [0]], "must be an array of numbers"),
        (
            [[0, 0], [0.5, 1.5]],
            r"axis 'b': unit values must lie from 0 to 1, got 1.5 in row 1 \(1 such in all\)",
        ),
        ([[-0.1, 0]], "axis 'a': unit values must lie from 0 to 1, got -0.1 in row 0"),
        ([[math.nan, 0]], "axis 'a': unit values must lie from 0 to 1, got nan in row 0"),
        ([[math.inf, 0]], "got inf"),
    ],
)
def test_a_sample_that_is_none_is_refused(u, message):
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    for call in (space.from_unit, space.columns_from_unit):
        with pytest.raises(SpaceError, match=message):
            call(u)


def test_a_space_of_constants_has_points_without_columns():
    space = ParameterSpace(width=20)
    assert space.from_unit(np.empty((3, 0))).shape == (3, 0)
    assert space.to_unit(pd.DataFrame(index=range(3))).shape == (3, 0)


def test_a_users_own_table_is_checked_whole():
    space = ParameterSpace(density=Real(0, 1), radius=Integer(1, 4), kind=Categorical(["a", "b"]), width=20)
    table = {"densty": [0.5], "radius": [1, 5, 7], "kind": ["a", "b", "c"], "width": [20, 20, 21], "other": 3}
    assert space.problems_of(table) == [
        "axis 'density': the column is missing; close: 'densty'",
        "axis 'radius': 5 in row 1 is no value of Integer(low=1, high=4) (nor are 1 more)",
        "axis 'kind': 'c' in row 2 is no value of Categorical(levels=('a', 'b'), weights=None)",
        "axis 'width': 21 in row 2 is no value of Constant(value=20)",
    ]
    with pytest.raises(SpaceError, match=r"the points do not fit the parameter space \(4\)"):
        space.to_unit(table)


def test_tables_of_another_form_are_refused():
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    assert space.problems_of([[1, 2]]) == ["points must be a DataFrame or a mapping of columns, got list"]
    assert space.problems_of({"a": 1, "b": [1]}) == ["axis 'a': a column must be a list or an array, got int"]
    assert space.problems_of({"a": [1], "b": [1, 0]}) == [
        "columns must be equally long, got {'a': 1, 'b': 2}"
    ]
    twice = pd.DataFrame([[0, 1, 1]], columns=["a", "b", "b"])
    assert space.problems_of(twice) == ["axis 'b': a column must be a list or an array, got DataFrame"]


def test_a_table_may_hold_columns_in_any_order_and_more_of_them():
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=1)
    assert space.to_unit(pd.DataFrame({"z": ["?"], "b": [1.0], "c": [1], "a": [0.0]})).tolist() == [[0, 1]]


def test_nullable_columns_are_read():
    space = ParameterSpace(n=Integer(1, 4))
    assert space.to_unit({"n": pd.Series([1, 2], dtype="Int64")}).tolist() == [[0.125], [0.375]]
    (problem,) = space.problems_of({"n": pd.Series([1, None], dtype="Int64")})
    assert "<NA> in row 1" in problem


def test_a_space_cannot_be_changed():
    space = ParameterSpace(a=Real(0, 1), b=1)
    with pytest.raises(AttributeError, match="cannot be changed"):
        space.names = ()
    with pytest.raises(AttributeError, match="cannot be changed"):
        del space._entries
    with pytest.raises(TypeError):
        space.axes["c"] = Real(0, 1)
    with pytest.raises(TypeError):
        space.constants["b"] = 2
    with pytest.raises(TypeError):
        hash(space)


def test_a_space_pickles_and_copies_into_an_equal_one():
    space = space_of_all()
    assert pickle.loads(pickle.dumps(space)) == space
    assert copy.deepcopy(space) == space
    assert copy.copy(space) == space


def test_equality_minds_order_types_and_classes():
    a, b = Real(0, 1), Integer(1, 2)
    assert ParameterSpace(a=a, b=b) != ParameterSpace(b=b, a=a)
    assert ParameterSpace(a=1) != ParameterSpace(a=True)
    assert ParameterSpace(a=1) != ParameterSpace(a=2)
    assert ParameterSpace(a=a) != {"a": a}


def test_repr_has_a_line_a_parameter():
    space = ParameterSpace(x=Real(0, 1), width=20, name="n", sizes=Constant([1]), law=Law(stats.beta(2, 5)))
    assert repr(space).splitlines() == [
        "ParameterSpace(",
        "    x=Real(low=0, high=1, log=False),",
        "    width=20,",
        "    name='n',",
        "    sizes=Constant(value=[1]),",
        "    law=Law(beta(2, 5)),",
        ")",
    ]


def test_replaced_parameters_leave_order_constraints_and_the_correlation_of_what_still_varies():
    axes = {"a": Real(0, 1), "b": Real(0, 2), "c": Integer(1, 4), "k": 3, "d": Derived("a * k")}
    correlation = [("a", "b", 0.5), ("b", "c", 0.2)]
    space = ParameterSpace(axes, correlation=correlation, constraints=["a < b + 1"])
    changed = space.replace({"a": 0.25}, k=Integer(1, 2), d=7)
    assert changed == ParameterSpace(
        {**axes, "a": 0.25, "k": Integer(1, 2), "d": 7},
        correlation=correlation[1:],
        constraints=["a < b + 1"],
    )
    assert changed.names == ("b", "c", "k")
    assert space.replace(a=0.5, b=1).correlation is None
    assert space.replace() == space
    assert space.replace(c=Integer(2, 3)).correlation.loc["b", "c"] == pytest.approx(0.2)


def test_parameters_that_a_space_has_not_cannot_be_replaced():
    space = ParameterSpace(density=Real(0, 1), radius=2)
    with pytest.raises(SpaceError, match=r"(?s)no parameter 'densty'; close: 'density'.*no parameter 'x'"):
        space.replace(densty=0.5, x=1)
    with pytest.raises(SpaceError, match="low must be below high"):
        space.replace(density=Real(1, 0))

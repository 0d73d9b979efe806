import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.errors import ConfigurationError, SpaceError
from mesa_doe.space import Boolean, Categorical, Constant, Derived, Integer, ParameterSpace, Real


def axes():
    return {
        "low": Real(0, 1),
        "high": Real(0, 1),
        "n": Integer(0, 9),
        "kind": Categorical(["near", "far"]),
        "torus": Boolean(),
        "width": 20,
        "place": "inside",
    }


def below(low, high):
    return low < high


def problems_with(*constraints):
    with pytest.raises(SpaceError) as caught:
        ParameterSpace(axes(), constraints=list(constraints))
    lines = str(caught.value).splitlines()
    return [line.removeprefix("  - ") for line in (lines if len(lines) == 1 else lines[1:])]


def test_points_that_satisfy_all_constraints_are_told():
    space = ParameterSpace(
        axes(), constraints=["low < high", "kind == 'near' or n * 2 < width", "torus or n != 3", below]
    )
    u = np.random.default_rng(1).random((500, len(space)))
    frame = space.from_unit(u)
    expected = [
        low < high and (kind == "near" or n * 2 < 20) and (torus or n != 3)
        for low, high, n, kind, torus in frame.itertuples(index=False)
    ]
    assert 0 < sum(expected) < 500
    found = space.satisfied(frame)
    assert found.dtype == np.bool_
    assert found.tolist() == expected
    assert space.satisfied(space.columns_from_unit(u)).tolist() == expected
    assert space.satisfied(frame.iloc[::-1].assign(other="?")).tolist() == expected[::-1]
    assert space.satisfied(frame.iloc[:0]).shape == (0,)


def test_a_space_without_constraints_is_satisfied_and_independent():
    space = ParameterSpace(axes())
    assert space.constraints == ()
    assert space.is_independent
    assert space.satisfied(space.from_unit(np.zeros((3, 5)))).tolist() == [True] * 3
    assert space.acceptance() == 1
    assert ParameterSpace(axes(), constraints=[]) == space


def test_constraints_are_given_back_as_they_were():
    space = ParameterSpace(axes(), constraints=("low < high", below))
    assert space.constraints == ("low < high", below)
    assert not space.is_independent


def test_a_function_gets_whole_columns_that_it_names_and_cannot_change_them():
    seen = {}

    def look(n, width, *, kind, missing=3):
        seen.update(n=n, width=width, kind=kind, missing=missing)
        return n >= 0

    def spoil(low):
        low *= 2
        return low < 1

    space = ParameterSpace(axes(), constraints=[look])
    frame = space.from_unit(np.full((4, 5), 0.5))
    assert space.satisfied(frame).all()
    assert seen["n"].tolist() == [5] * 4
    assert seen["width"] == 20
    assert seen["kind"].tolist() == ["far"] * 4
    assert seen["missing"] == 3
    with pytest.raises(SpaceError, match=r"constraint spoil: the function raised ValueError: .*read-only"):
        ParameterSpace(axes(), constraints=[spoil]).satisfied(frame)


def test_a_function_with_stars_gets_all_factors_and_constants():
    names = []

    def all_of_them(**columns):
        names.extend(columns)
        return columns["n"] > 3

    space = ParameterSpace({**axes(), "double": Derived("2 * n")}, constraints=[all_of_them])
    space.satisfied(space.from_unit(np.zeros((2, 5))))
    assert names == [*space.names, *space.constants]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda low: low < 1 and low > 0, "ValueError: .*it gets whole columns, so write & | ~"),
        (lambda low: 1 / 0, "the function raised ZeroDivisionError"),
        (lambda low: low, "holds numbers where True or False is needed"),
        (lambda low: True, "returned no column: a column must be a list or an array, got bool"),
        (lambda low: (low < 1)[:1], "returned 1 values for 2 rows"),
        (lambda low: None, "returned no column"),
        (lambda low: np.ones((2, 2), bool), "returned no column"),
    ],
)
def test_a_function_that_gives_no_column_of_truths_is_told(function, message):
    space = ParameterSpace(axes(), constraints=[function])
    frame = space.from_unit(np.full((2, 5), 0.5))
    with pytest.raises(SpaceError, match=f"constraint <lambda>: .*{message}"):
        space.satisfied(frame)
    (problem,) = space.problems_of(frame)
    assert problem.startswith("constraint <lambda>: ")


def test_lists_and_series_of_truths_are_taken():
    frame = ParameterSpace(axes()).from_unit(np.full((2, 5), 0.5))
    for function in (lambda n: [value > 4 for value in n], lambda n: pd.Series(n) > 4, lambda n: list(n > 4)):
        space = ParameterSpace(axes(), constraints=[function])
        assert space.satisfied(frame).tolist() == [True, True]


def test_partial_functions_and_methods_are_taken():
    class Limit:
        def below(self, n):
            return n < 3

    space = ParameterSpace(axes(), constraints=[functools.partial(below, high=0.5), Limit().below])
    assert space.satisfied(space.from_unit([[0.2] * 5, [0.7] * 5])).tolist() == [True, False]


def test_every_mistake_of_every_constraint_is_told_at_once():
    assert problems_with(
        "low < hgh",
        "low.real < 1",
        "width < 30",
        "kind == 'nera' and kind != 'far'",
        lambda low, hihg: low,
        3,
        lambda low, /: low,
        "1 < 2",
    ) == [
        "constraint 'low < hgh': it names 'hgh', which is no parameter of the space; close: 'high'",
        "constraint 'low.real < 1': 'low.real' at position 1 is an attribute; allowed are names of"
        " parameters, numbers, + - * / % **, comparisons, 'in [...]', and, or, not, parentheses, min(), max()"
        " and abs()",
        "constraint <lambda>: it names 'hihg', which is no parameter of the space; close: 'high'",
        "constraint function: it must be an expression as text or a function of columns, got 3",
        "constraint <lambda>: the function takes 'low' by position only, but columns are given by keyword",
        "constraint '1 < 2': it names no parameter, so it keeps all points or none",
    ]


def test_mistakes_of_types_and_levels_are_told_before_any_sample():
    assert problems_with("low + 1", "kind < 3", "n and torus", "n == 'near'", "place + 1 < 2") == [
        "constraint 'low + 1': 'low + 1' holds numbers where True or False is needed: write a comparison",
        "constraint 'kind < 3': 'kind < 3' orders levels or objects, which know only ==, != and in",
        "constraint 'n and torus': 'n' holds numbers where True or False is needed: write a comparison",
        "constraint \"n == 'near'\": \"n == 'near'\" compares numbers with a text: 'n' holds numbers or"
        " truths",
        "constraint 'place + 1 < 2': 'place' holds levels or objects, which can only be compared, by ==, !="
        " and in; for numbers to compute with use Integer or Discrete([...])",
    ]
    assert problems_with("kind == 'nera'", "kind in ['far', 'x']") == [
        "constraint \"kind == 'nera'\": 'nera' is no level of 'kind'; close: 'near'",
        "constraint \"kind in ['far', 'x']\": 'x' is no level of 'kind': it has ('near', 'far')",
    ]


def test_a_constraint_names_no_derived_parameter():
    with pytest.raises(SpaceError, match="names 'double', which is derived after sampling: write its"):
        ParameterSpace({**axes(), "double": Derived("2 * n")}, constraints=["double < 3"])


def test_mistakes_of_axes_derived_correlation_and_constraints_come_together():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace(
            a=Real(1, 0), b=Derived("a +"), constraints=["a < c"], correlation=[[1, 2], [2, 1]], d=Real(0, 1)
        )
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "  - axis 'a'",
        "  - derived 'b'",
        "  - constraint 'a < c'",
        "  - correlation of 'a' and 'd' must lie from -1 to 1, got 2.0",
    ]


@pytest.mark.parametrize("given", ["low < high", below, {"a": 1}, 3, True, Real(0, 1)])
def test_constraints_are_a_list(given):
    with pytest.raises(SpaceError, match=r"constraints must be a list of expressions or functions, e.g."):
        ParameterSpace(axes(), constraints=given)


def test_a_parameter_called_constraints_is_given_in_the_mapping():
    assert ParameterSpace({"constraints": Real(0, 1), "correlation": 3}).names == ("constraints",)
    with pytest.raises(SpaceError, match=r"write ParameterSpace\(\{'constraints': ...\}\)"):
        ParameterSpace(constraints=Integer(1, 2), a=1)


def test_rows_that_break_a_constraint_are_reported_with_their_values():
    space = ParameterSpace(axes(), constraints=["low < high", "n != 3"])
    frame = space.from_unit([[0.1, 0.2, 0.3, 0.5, 0.5], [0.2, 0.1, 0.0, 0.5, 0.5], [0.4, 0.1, 0.0, 0.5, 0.5]])
    assert space.problems_of(frame) == [
        "constraint 'low < high': row 1 breaks it, with low=0.2, high=0.1 (so do 1 more)",
        "constraint 'n != 3': row 0 breaks it, with n=3",
    ]
    assert space.problems_of(frame.iloc[:1].assign(n=4)) == []
    assert space.problems_of(frame.assign(n=12)) == [
        "axis 'n': 12 in row 0 is no value of Integer(low=0, high=9) (nor are 2 more)"
    ]


def test_the_way_to_the_unit_cube_asks_no_constraint():
    space = ParameterSpace(axes(), constraints=["low < high"])
    u = [[0.9, 0.1, 0.45, 0.25, 0.25]]
    np.testing.assert_allclose(space.to_unit(space.from_unit(u)), u)


def test_tables_of_another_form_are_refused():
    space = ParameterSpace(axes(), constraints=["low < high"])
    with pytest.raises(SpaceError, match="points must be a DataFrame or a mapping of columns, got list"):
        space.satisfied([[1, 2]])
    with pytest.raises(SpaceError, match=r"fit the parameter space \(4\)"):
        space.satisfied({"low": [1]})
    with pytest.raises(SpaceError, match="columns must be equally long"):
        space.satisfied({**{name: [0.5] for name in space.names}, "torus": [True, False]})
    with pytest.raises(SpaceError, match="axis 'torus': a value is neither True nor False"):
        space.satisfied({**{name: [0.5] for name in space.names}})


def test_columns_of_other_types_are_read_as_those_of_their_axes():
    space = ParameterSpace(
        n=Integer(0, 9),
        size=Categorical([10, 20]),
        x=Real(0, 1),
        constraints=["n > 2 and size == 10 and x < 1"],
    )
    for dtype in ("uint8", "float64", "Int64", object):
        table = {"n": pd.Series([3, 1], dtype=dtype), "size": np.array([10, 10]), "x": [0, 0]}
        assert space.satisfied(table).tolist() == [True, False]


def test_the_acceptance_is_estimated():
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a + b < 0.5"])
    # Binomial: 5 standard errors are left by chance once in 1.7 million.
    n = 20_000
    assert abs(space.acceptance(n, rng=3) - 0.125) < 5 * np.sqrt(0.125 * 0.875 / n)
    assert space.acceptance(500) == space.acceptance(500, rng=0)
    for bad in (0, -1, 1.5, True):
        with pytest.raises(SpaceError, match="acceptance: n takes an int from 1"):
            space.acceptance(bad)


@pytest.mark.parametrize("rng", [-1, True, 1.5, "1"], ids=repr)
@pytest.mark.parametrize("constraints", [None, ["a < 0.5"]], ids=["free", "constrained"])
def test_an_rng_that_is_none_is_refused_by_the_acceptance_too(constraints, rng):
    space = ParameterSpace(a=Real(0, 1), constraints=constraints)
    with pytest.raises(ConfigurationError, match=r"non-negative int, a numpy SeedSequence, .* or None, got"):
        space.acceptance(rng=rng)


def test_the_acceptance_takes_all_that_an_rng_may_be():
    space = ParameterSpace(a=Real(0, 1), constraints=["a < 0.5"])
    assert space.acceptance(100, rng=7) == space.acceptance(100, rng=np.random.SeedSequence(7))
    generator = np.random.default_rng(7)
    assert len({space.acceptance(10_000, rng=generator) for _ in range(4)}) > 1
    assert 0 < space.acceptance(100, rng=None) < 1


def test_division_by_zero_is_told_and_a_condition_before_it_helps():
    with pytest.raises(SpaceError, match=r"constraint 'low / n < 1': 'low / n' divides by zero .* in row \d"):
        ParameterSpace(axes(), constraints=["low / n < 1"]).acceptance()
    assert ParameterSpace(axes(), constraints=["n != 0 and low / n < 1"]).acceptance() > 0.5


def test_constants_take_part_and_may_be_of_any_kind():
    space = ParameterSpace(
        n=Integer(0, 9), zero=0, big=10**30, sizes=Constant([1]), top=float("inf"), place="in", on=True,
        constraints=["zero != 0 and n / zero > 1 or n < top and on and place == 'in'"],
    )  # fmt: skip
    assert space.acceptance() == 1
    with pytest.raises(SpaceError, match="'big' holds levels or objects"):
        ParameterSpace(n=Integer(0, 9), big=10**30, constraints=["n < 2 * big"])


def test_constraints_go_through_json_pickle_and_equality():
    space = ParameterSpace(axes(), constraints=["low < high", "n < 4"])
    document = space.to_dict()
    assert document["constraints"] == ["low < high", "n < 4"]
    again = ParameterSpace.from_dict(document)
    assert again == space
    assert pickle.loads(pickle.dumps(space)) == space
    assert again != ParameterSpace(axes(), constraints=["low < high"])
    assert again != ParameterSpace(axes())
    with_function = ParameterSpace(axes(), constraints=[below])
    assert pickle.loads(pickle.dumps(with_function)) == with_function
    with pytest.raises(SpaceError, match="constraint below: a function cannot be written to JSON"):
        with_function.to_dict()


def test_what_json_cannot_hold_is_told_at_once():
    space = ParameterSpace(a=Real(0, 1), f=len, b=Derived(lambda a: a), constraints=[lambda a: a < 1])
    with pytest.raises(SpaceError) as caught:
        space.to_dict()
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("given", ["a < 1", 3, {"a": 1}, [3]])
def test_a_document_with_other_constraints_is_refused(given):
    document = {**ParameterSpace(a=Real(0, 1)).to_dict(), "constraints": given}
    with pytest.raises(SpaceError, match="constraint"):
        ParameterSpace.from_dict(document)


def test_an_expression_of_a_document_is_never_evaluated():
    document = {
        **ParameterSpace(a=Real(0, 1)).to_dict(),
        "constraints": ["__import__('os').system('x') == a"],
    }
    with pytest.raises(SpaceError, match="is a call of something else"):
        ParameterSpace.from_dict(document)


def test_repr_shows_them():
    space = ParameterSpace(a=Real(0, 1), b=stats.norm(), constraints=["a < b"])
    assert repr(space).splitlines()[-2] == "    constraints=['a < b'],"

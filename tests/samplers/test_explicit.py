import enum
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import explicit, latin_hypercube
from mesa_doe.space import Boolean, Categorical, Constant, Discrete, Integer, ParameterSpace, Real

SPACE = ParameterSpace(x=Real(0.1, 0.9), n=Integer(1, 4), kind=Categorical(["a", "b"]), width=20)
ROWS = [{"x": 0.3, "n": 4, "kind": "b"}, {"x": 0.7, "n": 1, "kind": "a"}, {"x": 0.3, "n": 2, "kind": "b"}]


def parameters_of(design):
    return [run.parameters for run in design.configurations(dict, rng=1, seed_policy="independent")]


@pytest.mark.parametrize("space", [SPACE, None], ids=["space", "inferred"])
@pytest.mark.parametrize(
    "points",
    [
        ROWS,
        pd.DataFrame(ROWS),
        pd.DataFrame(ROWS, index=["q", "r", "q"])[["kind", "x", "n"]],
        {"x": [0.3, 0.7, 0.3], "n": [4, 1, 2], "kind": ["b", "a", "b"]},
        {"x": np.array([0.3, 0.7, 0.3]), "n": np.array([4, 1, 2]), "kind": ("b", "a", "b")},
        np.array(
            [(0.3, 4, "b"), (0.7, 1, "a"), (0.3, 2, "b")], dtype=[("x", "f8"), ("n", "i4"), ("kind", "U1")]
        ),
        (row for row in ROWS),
    ],
    ids=[
        "records",
        "frame",
        "frame in another order",
        "dict",
        "dict of arrays",
        "structured array",
        "generator",
    ],
)
def test_every_form_of_table_is_taken_as_it_is(points, space):
    if not isinstance(points, (list, dict, pd.DataFrame, np.ndarray)):
        points = ROWS.__iter__()
    design = explicit(points, space)
    assert design.points[["x", "n", "kind"]].to_dict("records") == ROWS
    assert design.points.index.tolist() == [0, 1, 2]
    assert design.points.index.name == "point"
    assert design.points.dtypes.map(str)[["x", "n", "kind"]].tolist() == ["float64", "int64", "object"]
    constants = {} if space is None else {"width": 20}
    assert parameters_of(design) == [{**row, **constants} for row in ROWS]
    assert all(type(row["n"]) is int and type(row["x"]) is float for row in parameters_of(design))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(2**60, 2**60 + 999)), min_size=1, max_size=20))
def test_values_are_kept_exactly_and_in_their_order(rows):
    # Ints beyond 2**53, which no float tells apart, on stated axes and on those read off the columns.
    frame = pd.DataFrame(rows, columns=["x", "n"])
    for space in (ParameterSpace(x=Real(-1e6, 1e6), n=Integer(2**60, 2**60 + 999)), None):
        got = parameters_of(explicit(frame, space))
        assert [(row["x"], row["n"]) for row in got] == rows


def test_an_array_has_the_columns_of_the_space_in_their_order():
    space = ParameterSpace(
        x=Real(0, 1), width=20, n=Integer(1, 9), size=Discrete([1, 10]), c=stats.poisson(3)
    )
    design = explicit(np.array([[0.5, 3, 10, 2], [0.25, 9, 1, 0]]), space)
    assert parameters_of(design) == [
        {"x": 0.5, "n": 3, "size": 10, "c": 2, "width": 20},
        {"x": 0.25, "n": 9, "size": 1, "c": 0, "width": 20},
    ]
    assert [type(value) for value in parameters_of(design)[0].values()] == [float, int, int, int, int]


def test_an_array_of_objects_gives_its_objects():
    rule = [1, 2]
    points = np.empty((2, 2), dtype=object)
    points[:] = [[1, None], [2, None]]
    points[0, 1], points[1, 1] = rule, "a"
    design = explicit(points, ParameterSpace(n=Integer(1, 9), kind=Categorical([rule, "a"])))
    assert [row["kind"] for row in parameters_of(design)] == [rule, "a"]
    assert design.points["kind"][0] is rule


@pytest.mark.parametrize(
    ("points", "space", "words"),
    [
        (np.zeros((2, 2)), None, "an array needs a space, to name its columns, got shape (2, 2)"),
        (np.zeros((2, 2)), SPACE, "an array needs 3 columns, got shape (2, 2)"),
        (np.zeros(3), SPACE, "an array needs 3 columns, got shape (3,)"),
    ],
)
def test_an_array_that_fits_no_space_is_refused(points, space, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        explicit(points, space)


def test_the_callers_frame_is_not_changed():
    frame = pd.DataFrame({"n": [1.0, 2.0], "kind": ["a", "b"]}, index=[5, 3])
    before = frame.copy(deep=True)
    design = explicit(frame, ParameterSpace(n=Integer(1, 4), kind=Categorical(["a", "b"])))
    pd.testing.assert_frame_equal(frame, before)
    assert list(design.points["n"]) == [1, 2]
    points = design.points
    points.loc[0, "n"] = 3
    pd.testing.assert_frame_equal(frame, before)


class Rule(enum.Enum):
    A = 1
    B = 2


def test_a_space_is_read_off_the_columns():
    rule = [1, 2]
    points = {
        "x": [0.5, 0.1, 0.5],
        "n": [9, 3, 3],
        "s": [True, False, True],
        "kind": ["b", "a", "b"],
        "rule": [Rule.B, Rule.A, Rule.A],
        "mixed": [True, 1, "a"],
        "hoods": [[1], [2, 3], [1]],
        "width": [20, 20, 20],
        "name": ["z", "z", "z"],
        "sites": [rule, rule, [1, 2]],
        "on": [True, True, True],
    }
    design = explicit(points)
    assert design.space == ParameterSpace(
        x=Real(0.1, 0.5),
        n=Integer(3, 9),
        s=Boolean(),
        kind=Categorical(["b", "a"]),
        rule=Categorical([Rule.B, Rule.A]),
        mixed=Categorical([True, 1, "a"]),
        hoods=Categorical([[1], [2, 3]]),
        width=20,
        name="z",
        sites=Constant([1, 2]),
        on=True,
    )
    for row, parameters in enumerate(parameters_of(design)):
        assert parameters == {name: column[row] for name, column in points.items()}
        assert [type(value) for value in parameters.values()] == [
            type(points[name][row]) for name in parameters
        ]


def test_a_single_point_is_all_constants_and_can_be_replicated():
    design = explicit([{"n": 50, "kind": "a"}])
    assert design.space.names == ()
    assert design.points.shape == (1, 0)
    runs = design.configurations(dict, rng=1, replications=30, seed_policy="independent")
    assert len({run.seed for run in runs}) == 30
    assert all(run.parameters == {"n": 50, "kind": "a"} for run in runs)
    assert runs.to_frame()["n"].tolist() == [50] * 30


def test_cells_that_are_arrays_are_compared_as_a_whole():
    same, other = np.array([1, 2]), np.array([2, 1])
    design = explicit({"grid": [same, other, np.array([1, 2])], "n": [1, 2, 3], "c": [other, other, other]})
    assert [row["grid"] is same for row in parameters_of(design)] == [True, False, True]
    assert all(row["c"] is other for row in parameters_of(design))


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_dates_come_to_the_model_as_dates(unit):
    days = pd.to_datetime(["2020-01-01", "2021-01-01"])
    design = explicit(pd.DataFrame({"day": days.astype(f"datetime64[{unit}]"), "n": [1, 2]}))
    assert [row["day"] for row in parameters_of(design)] == list(days)
    assert all(isinstance(row["day"], pd.Timestamp) for row in parameters_of(design))


def test_columns_of_pandas_own_types_come_to_the_model_as_plain_values():
    frame = pd.DataFrame(
        {
            "n": pd.array([1, 2], dtype="Int64"),
            "x": pd.array([0.5, 1.5], dtype="Float64"),
            "s": pd.array([True, False], dtype="boolean"),
            "kind": pd.Categorical(["u", "v"]),
            "text": pd.array(["u", "v"], dtype="string"),
        }
    )
    first = parameters_of(explicit(frame))[0]
    assert first == {"n": 1, "x": 0.5, "s": True, "kind": "u", "text": "u"}
    assert [type(value) for value in first.values()] == [int, float, bool, str, str]


def test_numpy_scalars_in_columns_of_objects_come_to_the_model_as_python_values():
    values = [np.int64(1), np.float32(0.5), np.bool_(True), np.str_("a")]
    design = explicit(pd.DataFrame({"k": pd.Series(values, dtype=object), "n": [1, 2, 3, 4]}))
    got = [row["k"] for row in parameters_of(design)]
    assert got == [1, 0.5, True, "a"]
    assert [type(value) for value in got] == [int, float, bool, str]


def test_levels_are_the_very_objects_of_the_space():
    level = [1, 2]
    design = explicit({"k": [[1, 2], "a"]}, ParameterSpace(k=Categorical(["a", level])))
    assert design.points["k"][0] is level


def test_none_may_be_a_level_or_a_constant():
    frame = pd.DataFrame(
        {"k": pd.Series(["a", None], dtype=object), "c": pd.Series([None, None], dtype=object)}
    )
    design = explicit(frame, ParameterSpace(k=Categorical(["a", None]), c=None))
    assert parameters_of(design) == [{"k": "a", "c": None}, {"k": None, "c": None}]


@pytest.mark.parametrize("gap", [None, math.nan, pd.NA, pd.NaT], ids=str)
def test_a_missing_value_is_refused_with_its_columns_and_first_point(gap):
    rows = [
        {"x": 0.3, "n": 1, "kind": "a"},
        {"x": 0.3, "n": gap, "kind": "a"},
        {"x": gap, "n": 2, "kind": "b"},
    ]
    for space in (SPACE, None):
        with pytest.raises(DesignError, match="values are missing in x, n, first at point 1"):
            explicit(rows, space)


def test_records_with_different_keys_have_missing_values():
    with pytest.raises(DesignError, match="values are missing in y, first at point 0"):
        explicit([{"x": 1}, {"x": 2, "y": 1}])


def test_everything_that_lies_outside_is_told_at_once():
    points = {"x": [0.3, 9.5], "kindd": ["a", "b"], "n": [1, 2.5], "width": [20, 21], "extra": [1, 2]}
    with pytest.raises(DesignError) as caught:
        explicit(points, SPACE)
    assert str(caught.value).splitlines() == [
        "the points do not lie in the space (6):",
        "  - column 'kindd' is no axis of the space",
        "  - column 'extra' is no axis of the space",
        "  - axis 'x': 9.5 in row 1 is no value of Real(low=0.1, high=0.9, log=False)",
        "  - axis 'n': 2.5 in row 1 is no value of Integer(low=1, high=4)",
        "  - axis 'kind': the column is missing; close: 'kindd'",
        "  - axis 'width': 21 in row 1 is no value of Constant(value=20)",
    ]


def test_a_column_of_a_constant_may_be_there_if_it_holds_the_constant():
    assert parameters_of(explicit([{**row, "width": 20} for row in ROWS], SPACE)) == [
        {**row, "width": 20} for row in ROWS
    ]


@pytest.mark.parametrize("points", [[], {}, pd.DataFrame(), {"x": []}, None, np.zeros((0, 3))], ids=repr)
@pytest.mark.parametrize("space", [SPACE, None], ids=["space", "inferred"])
def test_no_points_are_refused(points, space):
    if isinstance(points, np.ndarray):
        space = SPACE
    with pytest.raises(DesignError, match="explicit needs at least one point and one column, got shape"):
        explicit(points, space)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (5, "explicit takes a DataFrame, records, an array or a CSV file, got a int"),
        ({"a": 1, "b": 2}, "got a dict: If using all scalar values, you must pass an index"),
        ({"a": [1], "b": [1, 2]}, "got a dict: All arrays must be of the same length"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "columns must have different names, got more than one a",
        ),
        ({1: [1, 2], "1": [1, 2]}, "columns must have different names, got more than one 1"),
        (
            {"a b": [1, 2]},
            "no space can be read off the columns; give it with space=. axis 'a b': a name must be",
        ),
        ({"seed": [1, 2]}, "axis 'seed': seeds come from rng= and seed_policy="),
        ({"x": [1.0, math.inf]}, "give it with space=. axis 'x': high must be a finite number, got inf"),
        ([[1, 2], [3, 4]], "axis '0': a name must be a Python identifier"),
        ("nowhere.csv", "there is no file 'nowhere.csv'; a str is taken as the path of a CSV file"),
    ],
    ids=str,
)
def test_what_is_no_table_of_points_is_refused_with_why(points, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        explicit(points)


@pytest.mark.parametrize("name", ["steps", "point", "status", "run_id"])
def test_a_parameter_may_have_the_name_of_a_column_of_ours(name):
    assert parameters_of(explicit({name: [3, 4]})) == [{name: 3}, {name: 4}]


# CSV files


def csv(tmp_path, text, space=None):
    path = tmp_path / "points.csv"
    path.write_text(text)
    return explicit(path, space)


def test_a_design_comes_back_from_a_csv_file_exactly(tmp_path):
    space = ParameterSpace(
        x=Real(0, 1),
        cost=Real(0.01, 100, log=True),
        n=Integer(1, 400),
        size=Discrete([1, 10]),
        rate=Discrete([0.5, 2]),
        kind=Categorical([1, "a", True, 2.5, None, "None", "NA", "nan", "x,y", 'say "so"']),
        number=Categorical([1, 2.5]),
        switch=Categorical([True, False]),
        on=Boolean(),
        law=stats.norm(),
        count=stats.poisson(3),
        width=20,
        name="z",
    )
    design = latin_hypercube(space, 200, rng=1)
    path = tmp_path / "points.csv"
    design.points.to_csv(path)
    for where in (path, str(path)):
        again = explicit(where, space)
        assert parameters_of(again) == parameters_of(design)
        assert again.points.dtypes.tolist() == design.points.dtypes.tolist()
        for name in ("kind", "number", "switch"):
            assert [*map(id, again.points[name])] == [*map(id, design.points[name])]
    # Without the index too, and with the constants.
    design.points.assign(width=20, name="z").to_csv(path, index=False)
    assert parameters_of(explicit(path, space)) == parameters_of(design)


def test_a_space_is_read_off_a_csv_file(tmp_path):
    design = csv(tmp_path, "n,x,kind,on,width\n1,0.5,a,True,20\n5,2.0,b,False,20\n")
    assert design.space == ParameterSpace(
        n=Integer(1, 5), x=Real(0.5, 2.0), kind=Categorical(["a", "b"]), on=Boolean(), width=20
    )
    assert parameters_of(design)[1] == {"n": 5, "x": 2.0, "kind": "b", "on": False, "width": 20}


def test_whole_numbers_written_as_floats_are_ints_where_the_axis_says_so(tmp_path):
    design = csv(
        tmp_path, "n,size\n1.0,10.0\n3.0,1.0\n", ParameterSpace(n=Integer(1, 4), size=Discrete([1, 10]))
    )
    assert [[*map(repr, row.values())] for row in parameters_of(design)] == [["1", "10"], ["3", "1"]]


def test_a_factor_called_point_is_not_taken_for_the_index(tmp_path):
    design = csv(tmp_path, "point\n1\n4\n", ParameterSpace(point=Integer(1, 4)))
    assert parameters_of(design) == [{"point": 1}, {"point": 4}]


@pytest.mark.parametrize("levels", [[1, "1"], [True, "True"], [None, ""]], ids=repr)
def test_levels_that_a_csv_file_writes_alike_are_refused(tmp_path, levels):
    with pytest.raises(
        DesignError, match=r"cannot tell the levels of axis 'k' apart.*give the points as a DataFrame"
    ):
        csv(tmp_path, "k\n1\n1\n", ParameterSpace(k=Categorical(levels)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no CSV file that pandas reads: No columns"),
        ('n,k\n1,2,3,4\n"x\n', "is no CSV file that pandas reads"),
        ("n,k\n", "needs at least one point and one column, got shape (0, 2)"),
        ("n,k\n1,c\n2,a\n", "'c' in row 0 is no value of Categorical"),
        ("n,k\n1,a\n,b\n", "values are missing in n, first at point 1"),
        ("n,k\n1,\n2,b\n", "values are missing in k, first at point 0"),
        ("n,k\nx,a\n2,b\n", "axis 'n': 'x' in row 0 is no value of Integer(low=1, high=4)"),
    ],
    ids=repr,
)
def test_a_csv_file_that_holds_no_points_is_refused_with_why(tmp_path, text, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        csv(tmp_path, text, ParameterSpace(n=Integer(1, 4), k=Categorical(["a", "b"])))


@settings(deadline=None)
@given(values=st.lists(st.floats(1e-300, 1e300), min_size=2, max_size=30, unique=True))
def test_numbers_of_a_csv_file_keep_their_last_digit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "points.csv"
    pd.DataFrame({"x": values}).to_csv(path, index=False)
    assert explicit(path, ParameterSpace(x=Real(1e-300, 1e300, log=True))).points["x"].tolist() == values


def test_a_file_with_semicolons_is_told_how_to_be_read(tmp_path):
    (tmp_path / "points.csv").write_text("a;b\n1;2,5\n2;3,5\n")
    with pytest.raises(
        DesignError, match=r"has semicolons .* pandas\.read_csv\(path, sep=';', decimal=','\)"
    ):
        explicit(tmp_path / "points.csv")

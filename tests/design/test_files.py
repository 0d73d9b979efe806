import csv
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.design import Design
from mesa_doe.errors import DesignError, MissingDependencyError, SpaceError
from mesa_doe.samplers import explicit, grid, halton, latin_hypercube, load_design, monte_carlo, morris, sobol
from mesa_doe.space import Boolean, Categorical, Constant, Derived, Discrete, Integer, ParameterSpace, Real

KINDS = ["csv", "parquet"]
LEVELS = ["a", None, True, 1, 1.5, [1, 2], "None", ""]


def space_of_all():
    return ParameterSpace(
        density=Real(0.1, 0.9),
        cost=Real(0.01, 100, log=True),
        radius=Integer(1, 4),
        size=Discrete([1, 10, 100]),
        rate=Discrete([0.5, 2]),
        kind=Categorical(LEVELS),
        switch=Boolean(),
        homophily=stats.beta(2, 5),
        count=stats.poisson(3),
        width=20,
        sites=Constant([3, 4]),
        area=Derived("2 * radius"),
    )


def saved(design, folder, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = folder / f"plan.{kind}"
    getattr(design, f"to_{kind}")(path)
    return path


def read(path):
    return getattr(Design, f"from_{path.suffix[1:]}")(path)


def assert_same(again, design):
    np.testing.assert_array_equal(again.unit, design.unit)
    assert again.space == design.space
    assert again.points.dtypes.tolist() == design.points.dtypes.tolist()
    assert again.points.to_dict("list") == design.points.to_dict("list")
    assert again.points.index.equals(design.points.index)
    assert again.points.index.name == "point"
    assert (again.method, dict(again.options)) == (design.method, dict(design.options))
    assert again.factors == design.factors
    assert again.extension == design.extension
    assert again.groups == design.groups
    for name in ("blocks", "seed_levels"):
        mine, other = getattr(again, name), getattr(design, name)
        assert (mine is None) == (other is None)
        if mine is not None:
            assert mine.tolist() == other.tolist()
    assert repr(again) == repr(design)
    seeds = [[run.seed for run in one.configurations(dict, rng=5)][:20] for one in (again, design)]
    assert seeds[0] == seeds[1]


CORRELATED = ParameterSpace(
    {"a": Real(0, 1), "b": Real(0, 1), "c": Integer(1, 9)},
    correlation=pd.DataFrame([[1, 0.9], [0.9, 1]], index=["a", "c"], columns=["a", "c"]),
    constraints=["a < 0.99"],
)
FALSE_CORNERS = ParameterSpace(
    {"a": Real(0, 1), "k": Categorical(["x", "y", "z"]), "t": Boolean()},
    correlation=np.array([[1, 0.9, 0.7], [0.9, 1, 0.8], [0.7, 0.8, 1]]),
)
DESIGNS = {
    "all axes": lambda: latin_hypercube(space_of_all(), 64, rng=1),
    "seed factor": lambda: sobol(space_of_all(), 4, rng=1, seed_factor=True),
    "groups": lambda: sobol(
        ParameterSpace(x=Real(0, 1), y=Real(0, 1), z=Integer(1, 3)), 4, rng=1,
        groups={"q": ["z"], "p": ["y", "x"]},
    ),
    "trajectories": lambda: morris(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1),
    "grown": lambda: latin_hypercube(ParameterSpace(x=Real(0, 1)), 4, rng=1).extend(8).extend(16),
    "correlated": lambda: monte_carlo(CORRELATED, 40, rng=1),
    "own numbers": lambda: explicit(pd.DataFrame({"x": [0.1, 0.30000000000000004, 1 / 3], "n": [3, 1, 2]})),
    "far out": lambda: explicit(
        pd.DataFrame({"a": [0.0, 1.0, 0.5], "k": ["z", "x", "y"], "t": [True, False, True]}), FALSE_CORNERS
    ),
    "levels": lambda: grid(ParameterSpace(x=Real(0.1, 0.7), k=Categorical(LEVELS)), {"x": [0.1, 0.3, 0.7]}),
    "part of crossed": lambda: latin_hypercube(space_of_all(), 64, rng=1).subset("radius > 1").subset([3, 1]),
    "named as ours": lambda: halton(
        ParameterSpace(point=Real(0, 1), unit=Real(0, 1), blocks=Integer(1, 3)), 9, rng=1
    ),
    "only point": lambda: grid(ParameterSpace(point=Categorical([None, "b"]))),
    "large": lambda: halton(ParameterSpace(n=Integer(2**60, 2**60 + 9), x=Real(-1e300, 1e300)), 9, rng=1),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_comes_back_as_it_was(tmp_path, kind, name):
    design = DESIGNS[name]()
    assert_same(read(saved(design, tmp_path, kind)), design)
    assert_same(load_design(tmp_path / f"plan.{kind}"), design)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_the_unit_sample_keeps_every_digit(tmp_path, rows):
    space = ParameterSpace(x=Real(-3, 7), h=stats.norm())
    for kind in KINDS:
        design = Design(space, rows, method="mine", options={})
        np.testing.assert_array_equal(read(saved(design, tmp_path, kind)).unit, design.unit)


def test_the_csv_file_holds_the_points_for_people_and_for_explicit(tmp_path):
    design = halton(ParameterSpace(x=Real(0, 1), k=Categorical(["a", "b"]), width=20), 3, rng=1)
    path = saved(design, tmp_path, "csv")
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0] == ["point", "x", "k"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2"]
    again = explicit(path, design.space)
    assert again.points.to_dict("list") == design.points.to_dict("list")
    assert again.method == "explicit"


def test_the_side_file_lies_beside_and_can_be_read_by_a_person(tmp_path):
    path = saved(halton(ParameterSpace(x=Real(0, 1)), 3, rng=1), tmp_path, "csv")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["plan.csv", "plan.csv.json"]
    document = json.loads((tmp_path / "plan.csv.json").read_text())
    assert document["method"] == "halton"
    assert document["space"]["axes"]["x"]["kind"] == "real"
    assert path.read_bytes().count(b"\r") == 0


def test_the_parquet_file_is_a_table_for_anyone(tmp_path):
    frame = pd.read_parquet(
        saved(halton(ParameterSpace(x=Real(0, 1), k=Categorical(["a", 1])), 3, rng=1), tmp_path, "parquet")
    )
    assert [*frame] == ["point", "x", "k", "unit:x", "unit:k"]
    assert set(frame["k"]) <= {"a", "1"}


def edited(path, change):
    """Change the rows of a file, as one would by hand."""
    if path.suffix == ".csv":
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = change(frame)
        frame.to_csv(path, index=False)
        return
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(path)
    frame = change(table.to_pandas())
    pq.write_table(pa.Table.from_pandas(frame, table.schema, preserve_index=False), path)


def with_cell(row, name, value):
    def change(frame):
        frame[name] = frame[name].astype(object)
        frame.loc[row, name] = value
        return frame

    return change


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_cell(2, "x", 0.25), r"row 2 has x=0.25, where the unit sample has x=0\.\d+"),
        (with_cell(3, "n", 7), r"row 3 has n=7, where the unit sample has n=\d\."),
        (with_cell(1, "k", "b"), "row 1 has k=b, where the unit sample has k='a'"),
        (
            lambda frame: frame.iloc[[1, 0, *range(2, 8)]],
            "row 0 has point=1, where the unit sample has point=0",
        ),
        (lambda frame: frame.drop(index=3), "row 3 has point=4, where the unit sample has point=3"),
        (lambda frame: frame.iloc[:5], "it has 5 (rows, where the unit sample has|points, where) 8"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "it has 9 rows|row 8 has point=0"),
    ],
    ids=["number", "int", "level", "order", "missing", "cut", "added"],
)
def test_a_file_changed_by_hand_is_noticed_and_the_first_difference_named(tmp_path, kind, change, words):
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), k=Categorical(["a", "b"]))
    design = Design(space, np.linspace(0, 0.49, 24).reshape(8, 3), method="mine", options={})
    path = saved(design, tmp_path, kind)
    edited(path, change)
    with pytest.raises(DesignError, match=words) as caught:
        read(path)
    assert "was changed" in str(caught.value)
    assert "explicit" in str(caught.value) or "were saved" in str(caught.value)


def test_columns_that_were_changed_are_told(tmp_path):
    path = saved(halton(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1), tmp_path, "csv")
    edited(path, lambda frame: frame.drop(columns="y"))
    with pytest.raises(
        DesignError, match=r"columns \['point', 'x'\], where the design has \['point', 'x', 'y'\]"
    ):
        read(path)


def test_the_columns_of_the_sample_are_guarded_too(tmp_path):
    space = ParameterSpace(k=Categorical(["a", "b"]))
    path = saved(Design(space, [[0.1], [0.9]], method="mine", options={}), tmp_path, "parquet")
    edited(path, with_cell(0, "unit:k", 0.2))
    with pytest.raises(DesignError, match="was changed: the unit sample"):
        read(path)


@pytest.mark.parametrize("key", ["unit", "blocks", "given"])
def test_numbers_changed_in_the_side_file_are_noticed(tmp_path, key):
    space = ParameterSpace(x=Real(0, 1), k=Categorical(["a", "b"]))
    points = pd.DataFrame({"x": [0.1, 0.2], "k": ["a", "b"]})
    design = Design(space, [[0.15, 0.1], [0.2, 0.9]], method="mine", options={}, blocks=[0, 1], points=points)
    path = saved(design, tmp_path, "csv")
    side = tmp_path / "plan.csv.json"
    document = json.loads(side.read_text())
    document[key] = {"unit": [[0.15, 0.11], [0.2, 0.9]], "blocks": [0, 0], "given": {"x": [0.1, 0.21]}}[key]
    side.write_text(json.dumps(document))
    with pytest.raises(DesignError, match="was changed: the unit sample"):
        read(path)


def test_a_spreadsheet_that_cuts_digits_and_writes_true_does_no_harm(tmp_path):
    space = ParameterSpace(x=Real(0, 1), t=Boolean(), k=Categorical([1.0, "b"]), n=Integer(1, 5))
    design = halton(space, 16, rng=1)
    path = saved(design, tmp_path, "csv")

    def as_a_spreadsheet(frame):
        frame["x"] = [f"{float(text):.15g}" for text in frame["x"]]
        frame["t"] = frame["t"].str.upper()
        frame["k"] = frame["k"].replace("1.0", "1")
        return frame

    edited(path, as_a_spreadsheet)
    text = path.read_text()
    path.write_text("\ufeff" + text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    assert_same(read(path), design)


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_design_says_how_it_can_be_extended(tmp_path, kind):
    design = halton(ParameterSpace(x=Real(0, 1)), 4, rng=1)
    path = saved(design, tmp_path, kind)
    again = read(path)
    assert again.extension == "nested"
    with pytest.raises(DesignError, match=r"read it by doe.load_design\(path\)"):
        again.extend(8)
    assert_same(load_design(path).extend(8), design.extend(8))
    path = saved(grid(ParameterSpace(n=Integer(1, 4))), tmp_path, kind)
    with pytest.raises(DesignError, match="a grid design cannot be extended"):
        read(path).extend(8)


def test_what_would_not_come_back_is_refused_when_it_is_saved(tmp_path):
    def cap(x):
        return x < 0.5

    path = tmp_path / "plan.csv"
    unit = [[0.25]]
    with pytest.raises(SpaceError, match="cap: a function cannot be written"):
        Design(ParameterSpace({"x": Real(0, 1)}, constraints=[cap]), unit, method="m", options={}).to_csv(
            path
        )
    with pytest.raises(SpaceError, match="axis 'x'"):
        Design(ParameterSpace(x=Categorical([len, max])), unit, method="m", options={}).to_csv(path)
    with pytest.raises(DesignError, match="option 'how' of m: <built-in function len> cannot be written"):
        Design(ParameterSpace(x=Real(0, 1)), unit, method="m", options={"how": len}).to_csv(path)
    assert list(tmp_path.iterdir()) == []


def test_options_keep_their_types(tmp_path):
    options = {
        "t": (1, (2.5, None)), "d": {3: 10, 4: "x"}, "l": [True, []], "big": 2**127, "u": {"()": 1},
        "n": np.int64(3),
    }  # fmt: skip
    design = Design(ParameterSpace(x=Real(0, 1)), [[0.5]], method="m", options=options)
    again = read(saved(design, tmp_path, "csv"))
    assert dict(again.options) == {**options, "n": 3}
    assert type(again.options["n"]) is int


def test_a_missing_file_is_named(tmp_path):
    for kind in KINDS:
        with pytest.raises(DesignError, match=rf"there is no file .*gone.{kind}"):
            read(tmp_path / f"gone.{kind}")
    path = saved(halton(ParameterSpace(x=Real(0, 1)), 4, rng=1), tmp_path, "csv")
    (tmp_path / "plan.csv.json").unlink()
    with pytest.raises(DesignError, match=r"no side file .*plan.csv.json.*move both together"):
        read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: "{", "is no JSON file"),
        (lambda d: "[]", "holds no design that mesa-doe has saved"),
        (lambda d: {**d, "format": "other"}, "holds no design that mesa-doe has saved"),
        (lambda d: {**d, "version": 2}, "a design of version 1 is read, got version 2"),
        (lambda d: {k: v for k, v in d.items() if k != "options"}, "lacks options"),
        (lambda d: {**d, "method": 3, "extension": "always"}, "damaged in method, extension"),
        (lambda d: {**d, "points": "4"}, "damaged in points"),
        (lambda d: {**d, "space": {"version": 1}}, "damaged: 'axes' must be a dict"),
        (lambda d: {**d, "factors": ["y"]}, r"factors \['y'\] are not those of the space"),
        (lambda d: {**d, "factors": [3]}, "damaged in factors"),
        (lambda d: {**d, "unit": [["a"]] * 4}, "unit sample of the saved design is damaged"),
        (lambda d: {**d, "unit": None}, "damaged|was changed"),
        (lambda d: {**d, "unit": [[0.5]]}, "it has 1 points, where 4 were saved"),
        (lambda d: json.dumps(d).replace('"unit": [[', '"unit": [[NaN, '), "NaN is no number"),
    ],
)  # fmt: skip
def test_a_damaged_side_file_is_refused_with_what_is_wrong(tmp_path, change, words):
    path = saved(halton(ParameterSpace(x=Real(0, 1)), 4, rng=1), tmp_path, "csv")
    side = tmp_path / "plan.csv.json"
    changed = change(json.loads(side.read_text()))
    side.write_text(changed if isinstance(changed, str) else json.dumps(changed))
    with pytest.raises(DesignError, match=words):
        read(path)


def test_a_parquet_file_of_another_program_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "other.parquet"
    pd.DataFrame({"x": [1]}).to_parquet(path)
    with pytest.raises(
        DesignError, match="holds no design that mesa-doe has saved; points alone are read by"
    ):
        read(path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DesignError, match="is no Parquet file"):
        load_design(path)


def test_without_pyarrow_the_install_line_is_given(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    design = halton(ParameterSpace(x=Real(0, 1)), 4, rng=1)
    for call in (design.to_parquet, Design.from_parquet):
        with pytest.raises(MissingDependencyError, match=r'pip install "mesa-doe\[store\]"'):
            call(tmp_path / "plan.parquet")


def test_nothing_of_a_file_is_executed(tmp_path):
    path = saved(halton(ParameterSpace(x=Real(0, 1), k=Categorical(["a", "b"])), 4, rng=1), tmp_path, "csv")
    side = tmp_path / "plan.csv.json"
    document = json.loads(side.read_text())
    document["space"]["constraints"] = ["__import__('os').getcwd() == 1"]
    side.write_text(json.dumps(document))
    with pytest.raises(DesignError, match="is a call"):
        read(path)

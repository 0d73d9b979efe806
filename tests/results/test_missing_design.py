"""A study whose levels no file can hold is loaded without its design, which the script that made it has."""

import dataclasses
import datetime
import enum
import pathlib
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from mesa_doe.cli.main import main

UNSAVED = pytest.mark.filterwarnings("ignore:the design of the study could not be saved")


class Mode(enum.Enum):
    SLOW = 1
    FAST = 2


class Gear(enum.IntEnum):
    FIRST = 1
    SECOND = 2


@dataclasses.dataclass(frozen=True)
class Tax:
    rate: float


LEVELS = {
    "enum": list(Mode),
    "int_enum": list(Gear),
    "function": [min, max],
    "class": [Mode, Gear],
    "dataclass": [Tax(0.1), Tax(0.2)],
    "tuple": [(0, 1), (1, 2)],
    "set": [{1, 2}, {3}],
    "array": [np.arange(2), np.arange(3)],
    "frame": [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})],
    "date": [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    "path": [pathlib.PurePosixPath("a"), pathlib.PurePosixPath("b")],
    "bytes": [b"a", b"b"],
    "fraction": [Fraction(1, 3), Fraction(2, 3)],
    "object": [object(), object()],
    "among others": [Mode.SLOW, 1, 2.5, True, None, "word"],
}


def run_with(levels, folder, points=8):
    """Run a model that tells levels apart by their place, if it can; return the design and what it gave."""

    def place(n, level):
        # The model's levels are copies.
        at = next((k for k, one in enumerate(levels) if repr(one) == repr(level)), 0)
        return {"y": n * (at + 1), "fate": "odd" if at % 2 else "even"}

    space = doe.ParameterSpace(n=doe.Integer(1, 6), level=doe.Categorical(levels))
    design = doe.sobol(space, points, rng=1)
    configurations = design.configurations(place, rng=1, seed_policy="common")
    return design, doe.BatchRunner(configurations, store=folder).run_all()


@UNSAVED
@pytest.mark.parametrize("levels", LEVELS.values(), ids=LEVELS)
def test_a_loaded_study_is_analysed_with_the_design_of_the_script_that_made_it(tmp_path, levels):
    design, results = run_with(levels, tmp_path)
    loaded = doe.load(tmp_path)
    found = loaded.sensitivity("y", design=design)
    pd.testing.assert_frame_equal(found.to_frame(), results.sensitivity("y").to_frame())


@UNSAVED
def test_numbers_of_several_types_are_those_of_the_design_as_well(tmp_path):
    mixed = [1, 2.5, None]

    def read(n, level, mode):
        return {"y": n * mode.value + (level or 0)}

    space = doe.ParameterSpace(
        n=doe.Integer(1, 6), level=doe.Categorical(mixed), mode=doe.Categorical(list(Mode))
    )
    design = doe.sobol(space, 8, rng=1)
    results = doe.BatchRunner(design.configurations(read, rng=1), store=tmp_path).run_all()
    found = doe.load(tmp_path).sensitivity("y", design=design)
    pd.testing.assert_frame_equal(found.to_frame(), results.sensitivity("y").to_frame())


@UNSAVED
def test_another_design_is_still_refused(tmp_path):
    run_with(list(Mode), tmp_path)
    space = doe.ParameterSpace(n=doe.Integer(1, 6), level=doe.Categorical(list(Mode)))
    with pytest.raises(doe.AnalysisError, match="the runs are not those of the design: run 0 of point 0 has"):
        doe.load(tmp_path).sensitivity("y", design=doe.sobol(space, 8, rng=2))


@UNSAVED
@pytest.mark.filterwarnings("ignore:256 runs are of 12 different points")
def test_outcomes_are_counted_by_the_levels_of_the_design_given(tmp_path):
    design, results = run_with(list(Mode), tmp_path, points=64)
    expected = results.tabulate("fate").table("level")
    found = doe.load(tmp_path).tabulate("fate", design=design).table("level")
    pd.testing.assert_frame_equal(found, expected)
    assert found.index.tolist() == list(Mode)


@UNSAVED
def test_the_spider_plot_takes_the_design_as_well(tmp_path):
    space = doe.ParameterSpace(n=doe.Integer(1, 6), mode=doe.Categorical(list(Mode)))
    design = doe.base_case(space, 3)
    configurations = design.configurations(lambda n, mode: {"y": n * mode.value}, rng=1)
    doe.BatchRunner(configurations, store=tmp_path).run_all()
    ax = doe.load(tmp_path).plot.spider("y", ax=Figure().subplots(), design=design)
    assert len(ax.lines) >= 2


@UNSAVED
@pytest.mark.parametrize("method", ["sensitivity", "convergence", "uncertainty"])
def test_without_its_design_the_message_says_why_there_is_none_and_what_works(tmp_path, method):
    run_with(list(Mode), tmp_path)
    with pytest.raises(doe.AnalysisError) as caught:
        getattr(doe.load(tmp_path), method)("y")
    told = str(caught.value)
    assert "the design of the study could not be saved" in told
    assert "design=design" in told
    assert "run_all() again" in told
    assert "were not made by design.configurations" not in told


@UNSAVED
def test_at_the_command_line_the_way_out_is_the_script(tmp_path, capsys):
    run_with(list(Mode), tmp_path)
    assert main(["analyze", str(tmp_path), "y"]) == 1
    told = capsys.readouterr().err
    assert "could not be saved" in told
    assert "in the script that made it" in told


@UNSAVED
@pytest.mark.parametrize(
    "ask", [lambda r: r.to_xy("y", categories="one-hot"), lambda r: r.plot.main_effects("y")]
)
def test_where_no_parameter_differs_either_it_is_told_that_no_factor_is_known(tmp_path, ask):
    space = doe.ParameterSpace(mode=doe.Categorical(list(Mode)))
    configurations = doe.full_factorial(space).configurations(lambda mode: {"y": mode.value}, rng=1)
    doe.BatchRunner(configurations[:1], store=tmp_path).run_all()
    with pytest.raises(doe.AnalysisError, match="no parameter differs between the points that are recorded"):
        ask(doe.load(tmp_path))

"""What samplers say of the analyses that their designs are made for is held to those analyses."""

import re
import warnings
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from mesa_doe.analysis import ANALYSES
from mesa_doe.analysis.declare import Axes as AxesOfAnalyses
from mesa_doe.errors import AnalysisError, DesignError, MesaDoeWarning
from mesa_doe.samplers import SAMPLERS, fast
from mesa_doe.samplers.declare import Axes
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers import test_contract as contract

DEFAULT = {sampler: name for name, info in ANALYSES.items() for sampler in info.default_for}
#: The analysis of points that are made for none in particular.
OF_ANY_POINTS = "regression"
MADE_FOR_ONE = sorted(name for name in contract.EVERY if SAMPLERS[name].analysis)

AXES = {
    "real": Real(0, 1),
    "law": stats.norm(),
    "integer": Integer(1, 6),
    "discrete": Discrete([1, 2, 5]),
    "switch": Boolean(),
    "two names": Categorical(["a", "b"]),
    "three names": Categorical(["a", "b", "c"]),
    "weighted names": Categorical(["a", "b", "c"], weights=[0.5, 0.3, 0.2]),
    "counts without an end": stats.poisson(3),
    "counts": stats.binom(4, 0.5),
}


@pytest.fixture
def told(monkeypatch):
    """Let the examples of the contract say what they are made to keep silent about."""
    monkeypatch.setattr(contract, "unwarned", lambda call, *given, **options: call(*given, **options))


def made(name, axis):
    """Return the design over three real axes and another, and what it says of its analysis."""
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1), more=axis)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            design = contract.ENOUGH.get(name, contract.MAKE[name])(space, 1)
        except DesignError:
            return None, []
    return design, [str(one.message) for one in caught if "will refuse" in str(one.message)]


def refusal(design, method):
    """Return why an analysis refuses a design, if it does."""
    y = design.unit @ np.arange(1, len(design.factors) + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        try:
            ANALYSES[method].function(design, y)
        except AnalysisError as error:
            return str(error)
    return None


def test_samplers_and_analyses_speak_of_axes_in_the_same_words():
    assert get_args(Axes) == get_args(AxesOfAnalyses)


@pytest.mark.parametrize("name", sorted(DEFAULT))
def test_a_sampler_names_the_analysis_of_its_designs_and_the_axes_that_it_reads(name):
    own, default = SAMPLERS[name], DEFAULT[name]
    if default == OF_ANY_POINTS:
        assert (own.analysis, own.axes) == ("", "any")
    else:
        assert (own.analysis, own.axes) == (default, ANALYSES[default].axes)


def test_no_other_sampler_names_an_analysis():
    assert {name for name, info in SAMPLERS.items() if info.analysis or info.axes != "any"} <= set(DEFAULT)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", MADE_FOR_ONE)
def test_a_design_that_its_analysis_refuses_for_an_axis_says_so_when_it_is_made_and_no_other(
    name, axis, told
):
    design, said = made(name, AXES[axis])
    own = SAMPLERS[name].analysis
    why = None if design is None else refusal(design, own)
    assert why is None or "more" in why  # and for nothing else
    assert len(said) == (why is not None)
    assert all(repr(own) in text and "more" in text for text in said)


@pytest.mark.parametrize("name", ["fast", "morris", "radial", "finite_difference", "box_behnken"])
def test_what_the_warning_names_instead_takes_the_axis(name, told):
    axis = AXES["three names"]
    design, (text,) = made(name, axis)
    for analysis in re.findall(r"method='(\w+)'", text):
        assert refusal(design, analysis) is None
    others = set(re.findall(r"\w+", text.rpartition(" use ")[2])) - {"or"}
    assert others & {"sobol", "full_factorial"}
    for other in others:
        assert refusal(made(other, axis)[0], SAMPLERS[other].analysis) is None


def test_designs_that_many_analyses_read_are_not_warned_of():
    space = ParameterSpace(kind=Categorical(["a", "b", "c"]), n=Integer(1, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design = SAMPLERS["latin_hypercube"].function(space, 60, rng=1)
    assert refusal(design, "pawn") is None


def test_a_warning_names_every_factor_and_stands_where_the_design_was_made():
    space = ParameterSpace(kind=Categorical([*"abc"]), x=Real(0, 1), rule=Categorical([*"abcd"]))
    with pytest.warns(MesaDoeWarning) as caught:
        fast(space, 65, rng=1)
    assert [str(one.message) for one in caught] == [
        "fast: its analysis 'fast' will refuse this design, since the levels of kind, rule have no order; "
        "use shapley or sobol"
    ]
    assert caught[0].filename == __file__

"""Who comes from another library is told what its names are called here."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import mesa_doe
from mesa_doe.analysis import ANALYSES, AnalysisInfo
from mesa_doe.errors import AnalysisError, DesignError, SpaceError
from mesa_doe.other_names import PYDOE, SALIB
from mesa_doe.samplers import SAMPLERS, SamplerInfo
from mesa_doe.space import Integer, ParameterSpace, Real

SPACE = ParameterSpace(a=Real(0, 1), b=Integer(1, 4))
PROBLEM = {"num_vars": 1, "names": ["a"], "bounds": [[0, 1]]}


@pytest.mark.parametrize("names", [SALIB, PYDOE], ids=["SALib", "pyDOE3"])
def test_each_of_their_names_stands_for_a_sampler_and_is_none_itself(names):
    assert set(names.values()) <= set(SAMPLERS)
    assert not set(names) & set(mesa_doe.__all__)


def test_their_functions_exist():
    pydoe3 = importlib.import_module("pyDOE3")
    assert [name for name in PYDOE if not hasattr(pydoe3, name)] == []
    of_salib = {
        info.name.rpartition(".")[2]
        for room in ("SALib.sample", "SALib.sample.radial")
        for info in pkgutil.iter_modules(importlib.import_module(room).__path__)
    }
    assert set(SALIB) <= of_salib


def test_a_sampler_asked_for_by_another_librarys_name_is_named():
    with pytest.raises(AttributeError, match=r"no attribute 'fullfact'; here it is mesa_doe\.full_factorial"):
        _ = mesa_doe.fullfact


def test_a_misspelt_name_lets_python_ask_for_the_close_one():
    with pytest.raises(AttributeError, match=r"no attribute 'latin_hypercub'$") as caught:
        _ = mesa_doe.latin_hypercub
    assert caught.value.name == "latin_hypercub"
    assert caught.value.obj is mesa_doe


@pytest.mark.parametrize(
    ("sampler", "option", "ours"),
    [
        ("sobol", "N", "n"),
        ("sobol", "calc_second_order", "second_order"),
        ("morris", "num_levels", "levels"),
        ("morris", "optimal_trajectories", "optimal"),
        ("latin_hypercube", "samples", "n"),
        ("latin_hypercube", "random_state", "rng"),
        ("halton", "seed", "rng"),
    ],
)
def test_a_sampler_refuses_options_of_others_and_says_what_they_are_here(sampler, option, ours):
    with pytest.raises(DesignError) as caught:
        SAMPLERS[sampler].function(SPACE, **{option: 4})
    text = str(caught.value)
    assert text.startswith(f"{sampler} takes no option {option!r}; {option} is {ours} here; it takes space, ")
    assert ours in text.rpartition("it takes ")[2].split(", ")


def test_an_option_that_nothing_takes_the_place_of_is_refused_with_those_that_there_are():
    with pytest.raises(
        DesignError, match=r"^halton takes no option 'skip'; it takes space, n, rng, scramble$"
    ):
        mesa_doe.halton(SPACE, 4, skip=1)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_a_sampler_keeps_its_signature_and_refuses_what_is_not_in_it(name):
    function = SAMPLERS[name].function
    assert "no_such_option" not in inspect.signature(function).parameters
    with pytest.raises(DesignError, match=f"^{name} takes no option 'no_such_option'; it takes "):
        function(no_such_option=1)


@pytest.mark.parametrize(
    ("option", "ours"),
    [("conf_level", "confidence"), ("num_resamples", "resamples"), ("seed", "rng")],
)
def test_an_analysis_of_results_says_what_options_of_salib_are_here(option, ours):
    configurations = mesa_doe.sobol(SPACE, 4, rng=1).configurations(lambda a, b: {"y": a}, rng=1)
    results = mesa_doe.BatchRunner(configurations).run_all()
    with pytest.raises(AnalysisError, match=f"takes no option {option!r} here; {option} is {ours} here; it"):
        results.sensitivity("y", **{option: 1})


@pytest.mark.parametrize("levels", [[2, 3], np.array([2, 3]), (2, 2)])
def test_numbers_of_levels_in_a_list_are_told_to_name_their_axes(levels):
    with pytest.raises(DesignError, match=r"name the axes: levels=\{'a': 2, 'b': [23]\}$"):
        mesa_doe.full_factorial(SPACE, levels=levels)


def test_a_problem_in_place_of_a_space_is_told_what_reads_it():
    with pytest.raises(SpaceError, match=r"of a SALib problem, ParameterSpace\.from_salib\(problem\) makes"):
        ParameterSpace(PROBLEM)


@pytest.mark.parametrize(
    ("given", "way"),
    [(PROBLEM, r"of a SALib problem, ParameterSpace\.from_salib\(problem\)"), ({"a": 1}, "ParameterSpace")],
)
def test_a_mapping_in_place_of_a_space_is_told_what_makes_one(given, way):
    with pytest.raises(DesignError, match=f"; {way}.* makes one$"):
        mesa_doe.halton(given, 4)


def test_an_analysis_says_what_options_it_takes_and_what_salibs_are_called_here():
    design = mesa_doe.sobol(mesa_doe.ParameterSpace(a=mesa_doe.Real(0, 1), b=mesa_doe.Real(0, 1)), 8, rng=1)
    told = r"sobol takes no option 'conf_level'; conf_level is confidence here; it takes outputs, estimator"
    with pytest.raises(mesa_doe.AnalysisError, match=told):
        mesa_doe.analyze.sobol(design, design.unit[:, 0], conf_level=0.9)


def test_a_sampler_and_an_analysis_that_take_any_options_get_them(monkeypatch):
    monkeypatch.setitem(SAMPLERS, "anything", None)
    monkeypatch.setitem(ANALYSES, "anything", None)

    def anything(space, n, **options):
        return options

    promises = {"library": "ours", "source": "none"}
    sampler = SamplerInfo(purpose="a test", points="n", extension="none", random=False, **promises)(anything)
    assert sampler(SPACE, 4, depth=3) == {"depth": 3}
    AnalysisInfo(measures="nothing", **promises)(anything)
    with pytest.raises(AnalysisError, match="anything takes a Design, got int"):
        ANALYSES["anything"].function(1, 2, depth=3)

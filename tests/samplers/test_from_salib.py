import copy
import warnings

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import ff as analyze_ff
from SALib.analyze import sobol as analyze_sobol
from SALib.analyze import sobol_jansen
from SALib.sample import fast_sampler, finite_diff, latin
from SALib.sample import ff as salib_ff
from SALib.sample import morris as salib_morris
from SALib.sample import shapley as salib_shapley
from SALib.sample import sobol as salib_sobol
from SALib.sample.radial import radial_mc, radial_sobol

import mesa_doe as doe
from mesa_doe.analysis.fast import fast as analyse_fast
from mesa_doe.analysis.morris import morris as analyse_morris
from mesa_doe.analysis.shapley import shapley as analyse_shapley
from mesa_doe.analysis.sobol import sobol as analyse_sobol
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import DesignError
from mesa_doe.samplers import load_design
from mesa_doe.samplers.from_salib import from_salib
from mesa_doe.seeding import kept_generators, library_seed, root_entropy
from tests.analysis.helpers import quiet
from tests.random_state import global_state

LAWS = {
    "names": ["a", "b", "c", "d", "e"],
    "num_vars": 5,
    "bounds": [[-3, 5], [2, 0.5], [0.1, 0.4], [1, 4, 0.25], [0.01, 10]],
    "dists": ["unif", "norm", "lognorm", "triang", "logunif"],
}


def uniform(d=3):
    names = [f"x{k}" for k in range(d)]
    return {"num_vars": d, "names": names, "bounds": [[-np.pi, 2.5 + k] for k in range(d)]}


def model(x):
    return x[:, 0] + x[:, 1] * x[:, -1] + np.sin(x[:, 2])


def test_a_problem_in_the_place_of_a_space_or_a_design_is_told_how_it_becomes_one():
    with pytest.raises(
        DesignError, match=r"of a SALib problem, ParameterSpace\.from_salib\(problem\) makes one"
    ):
        doe.sobol(uniform(), 8)
    with pytest.raises(doe.AnalysisError, match=r"and its sample, from_salib\(problem, x\) makes one"):
        doe.analyze.sobol(uniform(), np.zeros(40))


def same_structure(design, ours):
    """Tell that a design differs from ours by what is not known of SALib's call only."""
    assert (design.method, design.factors, design.groups) == (ours.method, ours.factors, ours.groups)
    assert set(design.options) == set(ours.options)
    differing = {name for name in ours.options if design.options[name] != ours.options[name]}
    assert differing <= {"entropy", "scramble", "kind"}
    if ours.blocks is None:
        assert design.blocks is None
    else:
        np.testing.assert_array_equal(design.blocks, ours.blocks)
    np.testing.assert_allclose(design.unit, ours.unit, atol=1e-9)


@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("groups", [None, ["g", "h", "g", "k", "h"]])
def test_sobol_indices_of_salibs_sample_are_salibs_own(second_order, groups):
    problem = {**LAWS, **({"groups": groups} if groups else {})}
    x = salib_sobol.sample(problem, 64, calc_second_order=second_order, seed=3)
    before = copy.deepcopy(problem)
    y = model(x)
    design = from_salib(problem, x, method="sobol")
    assert problem == before
    np.testing.assert_array_equal(design.points.to_numpy(), x)
    theirs = analyze_sobol.analyze(problem, y, calc_second_order=second_order, seed=1)
    ours = analyse_sobol(design, y, resamples=100).to_frame()
    for measure in ("S1", "ST"):
        rows = ours[ours["measure"] == measure]
        assert rows["factor"].tolist() == (["g", "h", "k"] if groups else problem["names"])
        np.testing.assert_allclose(rows["estimate"], theirs[measure], rtol=1e-11, atol=1e-12)
    pairs = ours.loc[ours["measure"] == "S2", "estimate"].to_numpy()
    if second_order:
        np.testing.assert_allclose(
            pairs, theirs["S2"][np.triu_indices(len(theirs["S1"]), 1)], rtol=1e-9, atol=1e-11
        )
    else:
        assert not len(pairs)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_second_order_is_told_by_the_rows(second_order, d):
    problem = uniform(d)
    x = salib_sobol.sample(problem, 2 * d + 2, calc_second_order=second_order, seed=3)
    design = from_salib(problem, x, method="sobol")
    assert design.options["second_order"] == second_order
    assert design.options["n"] == 2 * d + 2
    assert from_salib(problem, x, method="sobol", second_order=second_order).options == design.options
    with pytest.raises(DesignError, match=r"^from_salib: second_order takes True or False, got 'no'"):
        from_salib(problem, x, method="sobol", second_order="no")
    with pytest.raises(DesignError, match=r"no Saltelli sample|a\s+multiple of"):
        from_salib(problem, x, method="sobol", second_order=not second_order)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("groups", [None, {"one": ("x0", "x2"), "two": ("x1",)}])
def test_sobol_and_morris_designs_are_built_as_our_own(groups):
    space = doe.ParameterSpace.from_salib(uniform())
    seed = library_seed(root_entropy(8))
    labels = {"groups": ["one", "two", "one"]} if groups else {}
    for second_order in (True, False):
        ours = doe.sobol(space, 16, rng=8, second_order=second_order, groups=groups)
        x = salib_sobol.sample({**uniform(), **labels}, 16, calc_second_order=second_order, seed=seed)
        same_structure(from_salib({**uniform(), **labels}, x, method="sobol"), ours)
    for levels in (2, 4, 8):
        ours = doe.morris(space, 9, rng=8, levels=levels, groups=groups)
        problem = {**uniform(), **labels}
        design = from_salib(
            problem, salib_morris.sample(problem, 9, num_levels=levels, seed=seed), method="morris"
        )
        same_structure(design, ours)
        # The very grid of ours, so that effects are divided by the same steps.
        np.testing.assert_array_equal(design.unit, ours.unit)


def test_other_designs_are_built_as_our_own():
    problem, space = uniform(), doe.ParameterSpace.from_salib(uniform())
    seed = library_seed(root_entropy(8))
    curves = fast_sampler.sample(problem, 260, M=3, seed=seed)
    same_structure(from_salib(problem, curves, method="fast", M=3), doe.fast(space, 260, rng=8, M=3))
    walks = salib_shapley.sample(problem, 20, seed=seed)
    same_structure(from_salib(problem, walks, method="shapley"), doe.shapley(space, 20, rng=8))
    strata = latin.sample(problem, 30, seed=seed)
    same_structure(from_salib(problem, strata, method="rbd_fast"), doe.rbd_fast(space, 30, rng=8))
    with kept_generators():
        stars = radial_mc.sample(problem, 20, seed=seed)
    same_structure(
        from_salib(problem, stars, method="radial"), doe.radial(space, 20, rng=8, kind="monte_carlo")
    )
    # SALib's own steps are shares of the values; those of ours, of the range.
    ours = doe.finite_difference(space, 16, rng=8, delta=0.02)
    same_structure(from_salib(problem, ours.points, method="finite_difference"), ours)
    hypercube = doe.latin_hypercube(space, 30, rng=8)
    np.testing.assert_allclose(
        from_salib(problem, hypercube.points, method="latin_hypercube").unit, hypercube.unit, atol=1e-9
    )


def test_steps_of_salibs_finite_differences_have_no_one_delta():
    problem = {**uniform(), "bounds": [[1, 2], [0.5, 7], [-2, -1]]}
    x = finite_diff.sample(problem, 8)
    design = from_salib(problem, x, method="finite_difference")
    assert design.options == {"n": 8, "delta": None, "entropy": None}
    assert design.blocks.tolist() == [block for block in range(8) for _ in range(4)]


def test_analyses_of_fast_take_the_curves():
    from SALib.analyze import fast as analyze_fast

    problem = uniform()
    x = fast_sampler.sample(problem, 200, seed=4)
    y = model(x)
    design = from_salib(problem, x, method="fast")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = analyze_fast.analyze(problem, y, seed=1)
    ours = analyse_fast(design, y).table()
    np.testing.assert_allclose(ours["S1"], theirs["S1"], rtol=1e-10)
    np.testing.assert_allclose(ours["ST"], theirs["ST"], rtol=1e-10)


def test_analyses_of_trajectories_take_salibs():
    from SALib.analyze import morris as analyze_morris
    from SALib.analyze import shapley as analyze_shapley

    problem = uniform()
    walks = salib_shapley.sample(problem, 50, seed=1)
    theirs = analyze_shapley.analyze(problem, walks, model(walks))["shapley_normalized"]
    ours = analyse_shapley(from_salib(problem, walks, method="shapley"), model(walks))
    np.testing.assert_allclose(ours.table()["Sh"], theirs, rtol=1e-10)
    walks = salib_morris.sample(problem, 20, num_levels=8, seed=1)
    theirs = analyze_morris.analyze(problem, walks, model(walks), num_levels=8, seed=1)["mu_star"]
    ours = analyse_morris(from_salib(problem, walks, method="morris"), model(walks))
    np.testing.assert_allclose(ours.table()["mu_star"], theirs, rtol=1e-10)


def test_unit_values_are_the_shares_that_salib_scaled():
    unit = salib_sobol.sample(unit_problem(LAWS["names"]), 64, seed=3)
    x = salib_sobol.sample(LAWS, 64, seed=3)
    design = from_salib(LAWS, x)
    np.testing.assert_allclose(design.unit, unit, atol=1e-9)
    assert design.method == "explicit"
    assert dict(design.options) == {"n": len(x)}


def test_groups_that_salibs_morris_sampler_writes_are_none():
    problem = uniform()
    x = salib_morris.sample(problem, 5, seed=1)
    assert problem["groups"] == problem["names"]
    assert from_salib(problem, x, method="morris").groups is None


def test_a_frame_is_read_by_its_names_and_ints_are_floats():
    problem = {"names": ["a", "b"], "bounds": [[0, 9], [0, 1]]}
    frame = pd.DataFrame({"b": [0, 1], "a": [9, 3]}, index=[7, 8])
    design = from_salib(problem, frame)
    assert design.points.to_dict("list") == {"a": [9.0, 3.0], "b": [0.0, 1.0]}
    assert design.points.index.tolist() == [0, 1]
    with pytest.raises(DesignError, match=r"columns \['a', 'b'\], got \['c', 'a'\]"):
        from_salib(problem, frame.rename(columns={"b": "c"}))


def test_rounding_at_the_end_of_an_axis_is_no_mistake():
    problem = {"names": ["a", "b"], "bounds": [[0.1, 0.3], [0.01, 10]], "dists": ["unif", "logunif"]}
    x = np.array([[np.nextafter(0.3, 1), 10 * (1 + 1e-15)], [0.1, 0.01 * (1 - 1e-15)]])
    design = from_salib(problem, x)
    np.testing.assert_array_equal(design.points.to_numpy(), x)
    assert design.unit.tolist() == [[1, 1], [0, 0]]
    with pytest.raises(DesignError, match=r"'a': 0.31 in row 0 is no value of Real"):
        from_salib(problem, [[0.31, 1.0]])


@pytest.mark.parametrize("count", [16, 64])
def test_radial_steps_of_length_zero_are_read_and_left_out_of_effects_alone(count):
    problem = uniform()
    with kept_generators():
        x = radial_sobol.sample(problem, count)
    stars = x.reshape(count, 4, 3)
    still = (stars[:, 1:] == stars[:, :1]).all(axis=2)
    assert still.any()
    design = from_salib(problem, x, method="radial_sobol")
    with pytest.warns(doe.MesaDoeWarning, match="left out"):
        found = doe.analyze.radial_effects(design, 2 * x[:, 0] + x[:, 1], resamples=100)
    np.testing.assert_allclose(found.table()["mu"], [2 * (2.5 + np.pi), 3.5 + np.pi, 0], rtol=1e-12)
    y = model(x)
    theirs = sobol_jansen.analyze(problem, y, sample_sets=count, num_resamples=2, seed=1)
    ours = doe.analyze.jansen(design, y, resamples=100).table()["ST"]
    np.testing.assert_allclose(ours, theirs["ST"], rtol=1e-12)


@pytest.mark.parametrize("with_dummies", [True, False])
@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_effects_of_salibs_fractional_factorial_are_twice_salibs(d, with_dummies):
    before = uniform(d)
    after = copy.deepcopy(before)
    x = salib_ff.sample(after)
    y = x[:, 0] + x[:, -1] * x[:, 0] + np.exp(x.sum(axis=1) / 9)
    design = from_salib(after if with_dummies else before, x, method="ff")
    space = doe.ParameterSpace.from_salib(after if with_dummies else before)
    same_structure(design, doe.folded_hadamard(space, quantiles=(0, 1)))
    theirs = analyze_ff.analyze(copy.deepcopy(after), x, y, second_order=True)
    found = quiet(doe.analyze.effects, design, y)
    rows = found.to_frame().query("measure == 'effect'")
    mains = rows[rows["partner"] == ""]
    np.testing.assert_allclose(mains["estimate"], 2 * theirs["ME"][: len(space)], rtol=1e-12, atol=1e-12)
    pairs = dict(zip(theirs["interaction_names"], theirs["IE"], strict=True))
    told = rows[rows["partner"] != ""]
    assert len(told) == (0 if len(space) == 1 else 1 if d == 2 else 3 if len(space) < 5 else 7)
    for factor, partner, estimate in told[["factor", "partner", "estimate"]].itertuples(index=False):
        assert estimate == pytest.approx(2 * pairs[factor, partner], rel=1e-12, abs=1e-12)


def test_rows_that_are_not_those_of_a_fractional_factorial_are_named():
    problem = uniform()
    x = salib_ff.sample(copy.deepcopy(problem))
    wrong = x.copy()
    wrong[3, 1] = 2.0
    with pytest.raises(
        DesignError, match=r"row 3 of a sample of SALib's ff has 'x1' at its low end, got 2\.0"
    ):
        from_salib(problem, wrong, method="ff")
    with pytest.raises(DesignError, match="of 3 factors SALib's ff makes 8 rows, got 7"):
        from_salib(problem, x[:-1], method="ff")
    with pytest.raises(DesignError, match=r"one column a name \(3\), got shape \(8, 2\)"):
        from_salib(problem, x[:, :2], method="ff")


def broken(x, row, column=0):
    x = x.copy()
    x[row, column] += 0.01
    return x


def test_rows_that_are_not_those_of_the_method_are_named():
    problem = uniform()
    blocks = salib_sobol.sample(problem, 8, seed=1)
    for wrong in (blocks[:-1], blocks[1:-7]):
        with pytest.raises(DesignError, match=r"give all rows, in SALib's order|no Saltelli sample"):
            from_salib(problem, wrong, method="sobol")
    with pytest.raises(DesignError, match="wrong is with second_order=True row 11"):
        from_salib(problem, broken(blocks, 11), method="sobol")
    with pytest.raises(DesignError, match="the groups that they were made with"):
        from_salib({**problem, "groups": ["g", "g", "h"]}, blocks[:48], method="sobol")
    walks = salib_shapley.sample(problem, 8, seed=1)
    with pytest.raises(
        DesignError, match="each row moves one factor, and each factor moves once: wrong is row 9"
    ):
        from_salib(problem, broken(walks, 9, int(np.flatnonzero(walks[9] == walks[8])[0])), method="shapley")
    with pytest.raises(DesignError, match=r"n\(d \+ 1\) rows, so of 3 factors a multiple of 4, got 31"):
        from_salib(problem, walks[:-1], method="shapley")
    back = walks[:4].copy()
    back[2] = back[0]  # there and back again: each row moves one factor, but one of them twice
    back[3] = back[1]
    with pytest.raises(DesignError, match="each factor moves once: wrong is row 2"):
        from_salib(problem, back, method="shapley")
    with pytest.raises(DesignError, match="no Morris sample"):
        from_salib(problem, walks, method="morris")
    stars = doe.radial(doe.ParameterSpace.from_salib(problem), 8, rng=1).points.to_numpy()
    with pytest.raises(DesignError, match=r"row 6 of a radial sample .*another 'x1', but others differ"):
        from_salib(problem, broken(stars, 6), method="radial")
    curves = fast_sampler.sample(problem, 300, seed=1)
    with pytest.raises(DesignError, match="'x0' it swings 37 times, but with M=8 it would 18 times"):
        from_salib(problem, curves, method="fast", M=8)
    with pytest.raises(DesignError, match="'x0' it swings"):
        from_salib(problem, np.random.default_rng(1).permutation(curves), method="fast")
    with pytest.raises(DesignError, match=r"more than 4M² = 64 rows a factor"):
        from_salib(problem, curves[:150], method="fast")
    strata = latin.sample(problem, 20, seed=1)
    with pytest.raises(DesignError, match=r"no Latin hypercube, since the 19 strata of 'x0'"):
        from_salib(problem, strata[1:], method="latin_hypercube")
    assert len(from_salib(problem, strata, method="latin_hypercube")) == 20


def test_levels_of_morris_are_told_and_held_against_what_is_said():
    problem = uniform()
    x = salib_morris.sample(problem, 5, num_levels=8, seed=1)
    assert from_salib(problem, x, method="morris", levels=8).options["levels"] == 8
    with pytest.raises(DesignError, match="on levels=8, got levels=4"):
        from_salib(problem, x, method="morris", levels=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        odd = salib_morris.sample(uniform(), 5, num_levels=5, seed=1)
    with pytest.raises(DesignError, match="steps are those of 5 levels; of an odd number"):
        from_salib(problem, odd, method="morris")


def test_faults_of_salibs_samplers_are_refused():
    norm = {"num_vars": 2, "names": ["a", "b"], "bounds": [[10, 2], [0, 1]], "dists": ["norm", "unif"]}
    with pytest.raises(DesignError, match="finite_diff has cut the steps of 'a' at the parameters"):
        from_salib(norm, finite_diff.sample(norm, 5), method="finite_difference")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        infinite = salib_morris.sample(dict(norm), 5, seed=1)
    with pytest.raises(DesignError, match=r"not finite in row \d+: 'a' is -?inf"):
        from_salib(norm, infinite, method="morris")
    with kept_generators():
        unscaled = radial_sobol.sample(dict(norm), 8)
    with pytest.raises(DesignError, match="do not apply 'dists', so the values of a "):
        from_salib(norm, unscaled, method="radial")
    steps = finite_diff.sample(uniform(), 5)
    steps[1] = steps[0]
    with pytest.raises(DesignError, match="a step of length zero; make the design with finite_difference"):
        from_salib(uniform(), steps, method="finite_difference")


def test_groups_that_make_no_sense_are_refused():
    x = salib_sobol.sample(uniform(), 4, seed=1)
    for groups, method, match in (
        (["g"] * 3, "sobol", "one group, 'g', holds all factors; SALib samples as if there were none"),
        (["g", "h"], "sobol", "a label for each of 3 names"),
        ("ggh", "sobol", "a label for each of 3 names"),
        (["g", "g", "h"], "shapley", "moves each factor alone"),
    ):
        with pytest.raises(DesignError, match=match):
            from_salib({**uniform(), "groups": groups}, x, method=method)
    labels = from_salib({**uniform(), "groups": np.array([2, 1, 2])}, x)
    assert dict(labels.groups) == {"2": ("x0", "x2"), "1": ("x1",)}


def test_mistakes_of_the_call_are_told():
    problem, x = uniform(), np.zeros((2, 3))
    for made, match in (
        (lambda: from_salib(problem, x, method="shaply"), "close: 'shapley'"),
        (lambda: from_salib(problem, x, method=["sobol"]), "method takes 'explicit', 'fast'"),
        (lambda: from_salib(problem, x, method="fast", levels=4), "method='fast' takes M, got levels"),
        (lambda: from_salib(problem, x, n=4), "method='explicit' takes no options, got n"),
        (lambda: from_salib(problem, x, method="fast", M=0), "M takes an int"),
        (lambda: from_salib({"names": ["a"]}, x), "lacks 'bounds'"),
        (lambda: from_salib([1], x), "must be a dict"),
        (lambda: from_salib({**problem, "dists": ["beta"] * 3}, x), "dist must be one of"),
        (lambda: from_salib(problem, x[:, :2]), r"one column a name \(3\), got shape \(2, 2\)"),
        (lambda: from_salib(problem, x[:0]), "got shape"),
        (lambda: from_salib(problem, [["a"] * 3]), "array of numbers"),
        (lambda: from_salib(problem, x + np.nan), "'x0' is nan"),
        (lambda: from_salib(problem, x + 100), "100.0 in row 0 is no value"),
    ):
        with pytest.raises(DesignError, match=match):
            made()


def test_nothing_of_the_callers_is_changed_and_the_design_can_be_kept(tmp_path):
    problem = {**LAWS, "groups": ["g", "h", "g", "k", "h"]}
    x = salib_sobol.sample(problem, 8, seed=1)
    before, kept = x.copy(), copy.deepcopy(problem)
    state = global_state()
    design = from_salib(problem, x, method="sobol")
    x[:] = 0
    np.testing.assert_array_equal(design.points.to_numpy(), before)
    assert problem == kept
    assert global_state() == state
    with pytest.raises(DesignError, match="read from SALib and cannot be extended"):
        design.extend(16)
    design.to_csv(tmp_path / "plan.csv")
    again = load_design(tmp_path / "plan.csv")
    np.testing.assert_array_equal(again.points.to_numpy(), before)
    assert again.options == design.options
    assert again.groups == design.groups
    np.testing.assert_array_equal(again.blocks, design.blocks)

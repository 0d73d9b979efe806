"""The faults of the wrapped libraries' samplers, each with the test that shows our way round it.

Only our behaviour is asserted: where a library has been mended since, the test is skipped at its end, and
says so.
"""

import inspect
import random
import warnings
from pathlib import Path

import numpy as np
import pyDOE3
import pytest
from SALib.sample import fast_sampler, ff, finite_diff, latin
from SALib.sample.radial import radial_mc, radial_sobol
from scipy import stats
from scipy.stats import qmc

from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers import (
    central_composite,
    fast,
    finite_difference,
    folded_hadamard,
    fractional_factorial,
    generalized_subset,
    korobov,
    latin_hypercube,
    monte_carlo,
    morris,
    plackett_burman,
    radial,
    rank1_lattice,
    rbd_fast,
    sobol_sequence,
)
from mesa_doe.seeding import kept_generators
from mesa_doe.space import Integer, ParameterSpace, Real
from tests.samplers.samples import cube

#: The faults that tests beside their sampler show, by library and function.
SHOWN = {
    "pyDOE3.fullfact gives floats": (
        "test_factorial.py::test_the_first_factor_changes_fastest_over_axes_of_every_kind"
    ),
    "pyDOE3.fracfact_by_res misses the resolution": (
        "test_fractional.py::test_a_resolution_that_pydoe3_gets_wrong_is_refused_and_pydoe_is_named"
    ),
    "pyDOE3.fracfact_by_res calls designs impossible": (
        "test_fractional.py::test_a_design_that_pydoe3_calls_impossible_is_refused_and_pydoe_is_named"
    ),
    "pyDOE3.fracfact reads letters in one order only": (
        "test_fractional.py::test_letters_mean_their_own_column_in_any_order"
    ),
    "pyDOE3.fracfact_aliasing lists 2^n products": (
        "test_fractional.py::test_the_saturated_fraction_of_31_factors_is_counted_without_listing_its_words"
    ),
    "pyDOE3.pbdesign fails for 28 and 36 points": (
        "test_screening.py::test_a_size_that_the_library_has_not_is_refused_with_the_next_which_works"
    ),
    "pyDOE3.gsd drops levels": "test_subset.py::test_the_library_drops_levels_silently_and_we_refuse_to",
    "pyDOE3.gsd gives fewer parts than asked for": (
        "test_subset.py::test_a_part_that_is_none_is_refused_where_the_library_gives_fewer"
    ),
    "pyDOE3.ccdesign leaves the bounds": (
        "test_response_surface.py::test_circumscribed_points_beyond_the_bounds_are_refused_with_the_choice"
    ),
    "pyDOE3.bbdesign asserts three factors": (
        "test_response_surface.py::test_what_is_no_box_behnken_design_is_refused"
    ),
    "pyDOE3.lhs crashes on few points or factors": (
        "test_lhs.py::test_what_the_library_crashes_on_is_refused"
    ),
    "pyDOE3.doehlert_shell_design, doehlert_simplex_design": (
        "test_doehlert.py::test_the_librarys_doehlert_designs_are_wrong"
    ),
    "pyDOE3.get_orthogonal_array('L64(2^31)') is not orthogonal": (
        "test_orthogonal.py::test_the_array_that_is_not_orthogonal_is_never_used"
    ),
    "pyDOE3.list_orthogonal_arrays has wrong names": (
        "test_orthogonal.py::test_the_smallest_array_that_fits_is_found_by_its_levels_not_its_name"
    ),
    "pyDOE3.lhs passes over most samples for 'corr'": (
        "test_lhs.py::test_correlation_is_chosen_from_all_the_samples_where_the_library_passes_most_over"
    ),
    "pyDOE3.sukharev_grid misses whole roots": (
        "test_grids.py::test_the_library_misses_whole_roots_and_agrees_where_it_does_not"
    ),
    "pyDOE3.doe_sparse_grid is no Smolyak grid": "test_grids.py::test_the_librarys_sparse_grid_is_none",
    "pyDOE3.doe_optimal.optimal_design is singular": (
        "test_optimal.py::test_the_library_alone_gives_singular_designs_where_ours_are_the_best_there_are"
    ),
    "pydoe.sliced_lhs, nested_lhs are none": (
        "test_layered_lhs.py::test_the_slices_of_pydoe_lie_in_one_corner_and_its_nested_designs_are_not_nested"
    ),
    "SALib writes into the problem": (
        "../design/test_salib.py::test_a_problem_is_fresh_in_all_its_parts_since_salib_writes_into_it"
    ),
    "SALib.sample.sobol takes one group for none": (
        "test_saltelli.py::test_a_single_group_is_refused_since_salib_samples_it_as_none"
    ),
    "SALib.sample.sobol begins with -inf unscrambled": (
        "test_saltelli.py::test_an_unscrambled_sequence_with_its_corner_has_finite_values_of_unbounded_laws"
    ),
    "SALib.sample.morris gives ±inf": (
        "test_trajectories.py::test_values_of_unbounded_laws_are_finite_at_the_ends_of_the_grid"
    ),
    "SALib.sample.morris takes odd levels": (
        "test_trajectories.py::test_wrong_options_are_refused_with_what_is_allowed"
    ),
    "SALib.sample.finite_diff steps by a share of the value": (
        "test_stars.py::test_salib_steps_by_a_share_of_the_value_which_is_why_it_is_not_called"
    ),
    "SALib.sample.ff adds dummies": "test_folded.py::test_sample_is_salibs_without_its_dummies",
    "SALib.sample.radial has steps of length zero": (
        "test_stars.py::test_salibs_unscrambled_stars_have_steps_of_length_zero_which_is_why_ours_are_scrambled"
    ),
    "SALib.sample.radial draws from numpy's global generator": (
        "test_stars.py::test_the_random_kind_leaves_the_global_generator_as_it_was"
    ),
    "qmc.LatinHypercube does not continue": (
        "test_latin.py::test_two_draws_of_scipys_engine_are_no_hypercube_which_is_why_the_growth_is_ours"
    ),
    "qmc.Halton unscrambled goes in step": (
        "test_qmc.py::test_unscrambled_halton_goes_in_step_and_scrambled_does_not"
    ),
    "qmc.PoissonDisk gives fewer points": (
        "test_poisson.py::test_scipy_gives_fewer_points_without_a_word_and_we_say_how_many_there_are"
    ),
    "qmc.PoissonDisk fills a corner": (
        "test_poisson.py::test_points_spread_over_the_whole_cube_where_scipys_first_n_lie_in_a_corner"
    ),
    "two scrambled Sobol sequences are not independent": (
        "test_saltelli.py::test_a_and_b_are_one_sequence_in_twice_the_factors"
    ),
    "qmc.Sobol takes no RandomState": (
        "test_contract.py::test_an_rng_that_is_none_is_refused_with_what_is_allowed"
    ),
}


@pytest.mark.parametrize("fault", SHOWN)
def test_every_fault_that_is_shown_elsewhere_has_its_test_there(fault):
    module, test = SHOWN[fault].split("::")
    assert f"def {test}(" in (Path(__file__).parent / module).read_text(encoding="utf-8")


def problem(d, **more):
    return {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0.0, 1.0]] * d, **more}


def unless_mended(faulty):
    if not faulty:
        pytest.skip("the library is mended: its fault may come off the list")


def fails(call, *errors):
    try:
        call()
    except errors:
        return True
    return False


# pyDOE3


def test_spaces_between_generators_do_not_matter_where_the_library_fails():
    expected = pyDOE3.fracfact("a b ab")
    design = fractional_factorial(cube(3), generators="  a  b ab ")
    np.testing.assert_array_equal(2 * design.points.to_numpy() - 1, expected)
    unless_mended(fails(lambda: pyDOE3.fracfact("a  b ab "), IndexError))


def test_a_letter_that_cancels_itself_is_refused_where_the_library_takes_it():
    with pytest.raises(DesignError, match="a letter comes twice in 'aab'"):
        fractional_factorial(cube(3), generators="a b aab")
    unless_mended(pyDOE3.fracfact("a b aab").shape == (4, 3))


def test_levels_and_sizes_may_be_numpy_ints_where_the_library_refuses_them():
    three = np.int64(3)
    design = generalized_subset(cube(3), three, reduction=np.int64(2))
    assert len(design) == len(pyDOE3.gsd([3, 3, 3], 2))
    assert len(central_composite(cube(3), face="faced", center=three)) == 2**3 + 2 * 3 + 2 * 3
    unless_mended(fails(lambda: pyDOE3.gsd([three, three, three], 2), ValueError))


def test_four_factors_are_screened_in_the_eight_points_that_the_library_says():
    # Three would fit into four points, and four into five, but the sizes are multiples of four above d.
    assert [len(plackett_burman(cube(d))) for d in (3, 4)] == [4, 8]


def test_a_correlation_wanted_comes_back_where_the_librarys_lhsmu_has_another():
    wanted = [[1, 0.9], [0.9, 1]]
    space = ParameterSpace({"a": Real(0, 1), "b": Real(0, 1)}, correlation=wanted)
    points = latin_hypercube(space, 400, rng=1).points
    # The standard error of a rank correlation of 0.9 in 400 points is below 0.01.
    assert stats.spearmanr(points["a"], points["b"]).statistic == pytest.approx(0.9, abs=0.05)
    # Few points, since the library takes the cube of their number in time.
    theirs = pyDOE3.lhs(2, samples=40, criterion="lhsmu", correlation_matrix=np.array(wanted), seed=1)
    unless_mended(np.corrcoef(theirs.T)[0, 1] < 0.8)


def test_a_numpy_int_is_a_seed_where_the_library_ignores_it():
    space, seed = cube(2), np.int64(3)
    np.testing.assert_array_equal(monte_carlo(space, 3, rng=seed).unit, monte_carlo(space, 3, rng=3).unit)
    twice = [pyDOE3.random_uniform(3, 2, seed=seed) for _ in range(2)]
    unless_mended(not np.array_equal(*twice))


def test_a_sobol_sequence_has_the_points_asked_for_where_the_library_rounds_up():
    with pytest.warns(UserWarning, match="n=6 is not a power of two"):
        assert len(sobol_sequence(cube(2), 6, rng=1)) == 6
    unless_mended(len(pyDOE3.sobol_sequence(6, 2)) == 8)


def test_a_sobol_sequence_continues_by_extend_where_the_librarys_skip_fails():
    space = cube(2)
    longer = sobol_sequence(space, 4, rng=1).extend(8)
    np.testing.assert_array_equal(longer.unit, sobol_sequence(space, 8, rng=1).unit)
    unless_mended(fails(lambda: pyDOE3.sobol_sequence(8, 2, skip=4), ValueError))


@pytest.mark.parametrize("sampler", [korobov, rank1_lattice])
def test_a_lattice_without_a_generator_is_the_same_each_time_where_the_library_draws_one(sampler):
    theirs = {korobov: pyDOE3.korobov_sequence, rank1_lattice: pyDOE3.rank1_lattice}[sampler]
    first, drawn = sampler(cube(3), 97, shift=False), []
    with kept_generators():
        for seed in range(8):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            np.testing.assert_array_equal(sampler(cube(3), 97, shift=False).unit, first.unit)
            drawn.append(np.asarray(theirs(97, 3)).tolist())
    unless_mended(any(points != drawn[0] for points in drawn))


def test_a_sample_of_ints_is_mapped_to_real_values_where_the_library_cuts_them():
    space = ParameterSpace(a=Real(0.5, 10.5), b=Real(5, 6.5))
    points = Design(space, np.array([[0, 1]]), method="mine", options={}).points
    assert points.to_numpy().tolist() == [[0.5, 6.5]]
    unless_mended(pyDOE3.scale_samples(np.array([[0, 1]]), [(0.5, 10.5), (5, 6.5)]).tolist() == [[0, 6]])


# SALib


@pytest.mark.parametrize("sampler", [rbd_fast, morris])
def test_a_numpy_int_is_a_seed_of_salibs_samples_too_where_salib_refuses_it(sampler):
    np.testing.assert_array_equal(sampler(cube(2), 8, rng=np.int64(3)).unit, sampler(cube(2), 8, rng=3).unit)
    unless_mended(fails(lambda: latin.sample(problem(2), 8, seed=np.int64(3)), ValueError))


def test_a_seed_of_zero_is_a_seed_where_salib_takes_it_for_none():
    first, second = (radial(cube(2), 8, rng=0, kind="monte_carlo").unit for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with kept_generators():
        theirs = [radial_mc.sample(problem(2), 8, seed=0) for _ in range(2)]
    unless_mended(not np.array_equal(*theirs))


@pytest.mark.parametrize("kind", ["sobol", "monte_carlo"])
def test_stars_over_a_law_have_its_values_where_salib_leaves_it_out(kind):
    space = ParameterSpace(a=stats.norm(10, 2), b=stats.norm(10, 2))
    points = radial(space, 256, rng=1, kind=kind).points["a"]
    # Of 256 base points the mean lies within 5 standard errors of 2/sqrt(256).
    assert points[::3].mean() == pytest.approx(10, abs=5 * 2 / 16)
    assert points[::3].std() == pytest.approx(2, abs=0.5)
    of_norm = problem(2, bounds=[[10, 2]] * 2, dists=["norm"] * 2)
    with kept_generators():
        if kind == "sobol":
            unless_mended(radial_sobol.sample(of_norm, 64).max() <= 1)
        else:
            # A mean of 2 and a deviation of 10 are taken for bounds.
            of_norm["bounds"] = [[2, 10]] * 2
            theirs = radial_mc.sample(of_norm, 64, seed=1)
            unless_mended(theirs.min() >= 2 and theirs.max() <= 10)


def test_a_short_step_over_a_law_moves_where_salib_clips_it():
    space = ParameterSpace(x=stats.norm(10, 2))
    steps = finite_difference(space, 64, rng=1, delta=0.1).points["x"].to_numpy().reshape(64, 2)
    # A tenth of the probability is at least 0.25 standard deviations wide.
    assert np.abs(np.diff(steps)).min() > 0.25 * 2
    of_norm = problem(1, bounds=[[10, 2]], dists=["norm"])
    unless_mended((finite_diff.sample(of_norm, 5).reshape(5, 2)[:, 1] == 10).all())


def test_a_folded_design_over_laws_is_finite_and_names_stay_where_salib_fails():
    space = ParameterSpace({f"x{k}": stats.norm() for k in range(3)})
    design = folded_hadamard(space)
    assert space.names == ("x0", "x1", "x2")
    assert np.isfinite(design.points.to_numpy()).all()
    given = problem(3)
    ff.sample(given)
    of_norm = problem(3, bounds=[[0, 1]] * 3, dists=["norm"] * 3)
    unless_mended(len(given["names"]) == 4 and fails(lambda: ff.sample(of_norm), ValueError))


def test_groups_that_a_method_has_not_are_refused_where_salib_leaves_them_out():
    assert "groups" not in inspect.signature(fast).parameters
    with pytest.raises(DesignError, match="fast takes no option 'groups'"):
        fast(cube(2), 65, rng=1, groups={"one": ["x0"], "two": ["x1"]})
    theirs = [fast_sampler.sample(problem(2, **more), 65, seed=1) for more in ({}, {"groups": ["g", "g"]})]
    unless_mended(np.array_equal(*theirs))


def test_a_triangular_law_may_be_negative_where_salib_refuses_it():
    points = rbd_fast(ParameterSpace(x=stats.triang(0.5, -2, 1)), 100, rng=1).points["x"]
    assert -2 <= points.min() < points.max() <= -1
    assert points.mean() == pytest.approx(-1.5, abs=0.01)
    negative = problem(1, bounds=[[-2, -1, 0.5]], dists=["triang"])
    unless_mended(fails(lambda: latin.sample(negative, 8, seed=1), ValueError))


# scipy.stats.qmc


def test_lloyd_gives_up_the_strata_as_scipys_does_and_then_nothing_is_promised():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spread = latin_hypercube(cube(2), 16, rng=1, optimization="lloyd")
        even = latin_hypercube(cube(2), 16, rng=1, optimization="random-cd")
    assert sorted(np.floor(even.unit[:, 0] * 16)) == [*range(16)]
    assert sorted(np.floor(spread.unit[:, 0] * 16)) != [*range(16)]
    assert spread.extension == "none"


def test_an_integer_reaches_both_ends_where_scipys_integers_leave_out_the_upper():
    drawn = set(sobol_sequence(ParameterSpace(n=Integer(1, 4)), 64, rng=1).points["n"])
    assert drawn == {1, 2, 3, 4}
    theirs = qmc.Sobol(1, rng=1).integers(l_bounds=[1], u_bounds=[4], n=64)
    unless_mended(set(theirs.ravel()) == {1, 2, 3})


def test_each_integer_has_its_share_where_rounding_halves_the_ends():
    space, unit = ParameterSpace(n=Integer(0, 4)), (np.arange(1000) + 0.5)[:, None] / 1000
    points = Design(space, unit, method="mine", options={}).points["n"]
    assert points.value_counts().to_dict() == dict.fromkeys(range(5), 200)
    assert np.bincount(np.round(unit.ravel() * 4).astype(int)).tolist() == [125, 250, 250, 250, 125]


def test_the_lowest_value_of_a_discrete_law_is_its_own_where_scipys_quantile_is_one_below():
    space = ParameterSpace(n=stats.poisson(3))
    assert Design(space, [[0.0]], method="mine", options={}).points["n"].tolist() == [0]
    unless_mended(stats.poisson(3).ppf(0) == -1)


def test_a_parameter_that_does_not_vary_is_a_constant_where_scipys_scale_refuses_it():
    space = ParameterSpace(x=Real(0, 1), width=20)
    design = latin_hypercube(space, 4, rng=1)
    assert design.configurations(dict, rng=1)[0].parameters["width"] == 20
    unless_mended(fails(lambda: qmc.scale([[0.5]], [20], [20]), ValueError))

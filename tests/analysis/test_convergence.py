import warnings
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.analysis.convergence import Convergence, converged, convergence
from mesa_doe.analysis.fast import fast
from mesa_doe.analysis.rbd_fast import rbd_fast
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.settling import ranks_moved
from mesa_doe.analysis.sobol import sobol
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests.analysis.helpers import angles, ishigami, quiet, unit_space
from tests.random_state import global_state

G = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])


def sobol_g(design):
    return np.prod((np.abs(4 * design.unit - 2) + G) / (1 + G), axis=1)


def linear(design):
    return design.unit @ 2.0 ** -np.arange(design.unit.shape[1])


def fake(estimates, intervals=True, scale="share of variance"):
    """An analysis whose answers are known: the mean output by a factor's place, with a width of 1/points."""

    def analysis(design, y, *, outputs):
        points = len(design)
        rows = [(name, "S", factor, "") for name in outputs for factor in design.factors]
        frame = pd.DataFrame(rows, columns=["output", "measure", "factor", "partner"])
        frame["estimate"] = np.tile(estimates, len(outputs))
        half = (0.5 if intervals else np.nan) / points
        frame["low"], frame["high"] = frame["estimate"] - half, frame["estimate"] + half
        return SensitivityResult("fake", frame, scale=scale)

    return analysis


def test_each_size_is_the_analysis_of_the_smaller_design():
    small, large = (doe.sobol(angles(), n, rng=4) for n in (32, 128))
    found = convergence(large, ishigami(large), analysis=sobol, sizes=[32, 128], halves=0, rng=5)
    for size, design in ((32, small), (128, large)):
        alone = sobol(design, ishigami(design), rng=5).to_frame()
        pd.testing.assert_frame_equal(found.results[size].to_frame(), alone)
        rows = found.to_frame()
        rows = rows[rows["size"] == size]
        assert (rows["runs"] == len(design)).all()
        np.testing.assert_array_equal(rows["estimate"], alone["estimate"])


@pytest.mark.parametrize("second_order", [False, True])
def test_beginnings_keep_groups_second_order_and_the_seed_factor(second_order):
    space = unit_space(3)
    groups = {"one": ["x0", "x2"], "two": ["x1"]}
    options = {"rng": 4, "second_order": second_order, "seed_factor": True, "groups": groups}
    small, large = doe.sobol(space, 16, **options), doe.sobol(space, 64, **options)
    y = np.column_stack([linear(large), large.unit[:, 3] + linear(large) ** 2])
    found = convergence(large, y, analysis=sobol, sizes=[16, 64], halves=2)
    alone = sobol(small, y[: len(small)]).to_frame()
    np.testing.assert_array_equal(found.results[16].to_frame()["estimate"], alone["estimate"])
    assert found.results[16].to_frame()["factor"].tolist() == alone["factor"].tolist()
    assert found.outputs == ["y0", "y1"]
    assert found.to_frame()["output"].is_monotonic_increasing


def test_morris_trajectories_are_cut_whole():
    design = doe.morris(unit_space(3), 10, rng=1)
    seen = []

    def analysis(part, y, *, outputs):
        seen.append((part.method, part.options["n"], part.options["levels"], part.blocks.tolist(), len(y)))
        np.testing.assert_array_equal(y[:, 0, 0], linear(part))
        return fake([3.0, 2.0, 1.0])(part, y, outputs=outputs)

    found = convergence(design, linear(design), analysis=analysis, halves=2)
    assert found.criteria["size"].tolist() == [4, 8, 10]
    assert found.unit == "blocks"
    assert seen[0] == ("morris", 10, 4, design.blocks.tolist(), 40)
    assert [one[1] for one in seen] == [10, 5, 5, 8, 4, 4, 4, 2, 2]
    assert seen[1][3] == [block for block in range(5) for _ in range(4)]


def test_widths_shrink_at_least_with_the_root_of_n_and_the_true_ranking_of_sobol_g_settles():
    design = doe.sobol(unit_space(8), 1024, rng=1)
    found = convergence(design, sobol_g(design), analysis=sobol, sizes=[64, 256, 1024], halves=20)
    total = found.criteria[found.criteria["measure"] == "ST"].set_index("size")
    ratio = total["indices"].to_numpy()[:-1] / total["indices"].to_numpy()[1:]
    assert (ratio >= 2).all()  # of four times the points; more, as the sequence is more even than chance
    assert total.loc[1024, "ranking"] < 0.01
    # Inert factors are known long before the large ones.
    assert (total["screening"] < 0.05).all()
    assert total.loc[1024, "indices"] > 0.05
    held = converged(found).loc[("y", "ST")]
    assert held.to_dict() == {"indices": False, "ranking": True, "screening": True}
    largest = found.results[1024].table()["ST"].sort_values(ascending=False).index[:4].tolist()
    assert largest == ["x0", "x1", "x2", "x3"]


def test_ranking_of_ishigami_settles_only_in_large_samples():
    design = doe.sobol(angles(), 2048, rng=1)
    found = convergence(design, ishigami(design), analysis=sobol, sizes=[64, 2048], halves=30)
    total = found.criteria[found.criteria["measure"] == "ST"].set_index("size")["ranking"]
    # 0.56, 0.44 and 0.24: the first two change places in a small sample.
    assert total[64] > 0.5 > total[2048]


def test_halves_spread_like_bootstrap_resamples():
    design = doe.monte_carlo(unit_space(2), 400, rng=1)
    y, seen = linear(design), []

    def mean(part, y, *, outputs):
        seen.append(y.mean())
        return fake([1.0, 2.0])(part, y, outputs=outputs)

    convergence(design, y, analysis=mean, sizes=[400], halves=300)
    # A standard deviation of 300 draws is known to 4 %: three times that.
    np.testing.assert_allclose(np.std(seen[1:]), y.std() / 20, rtol=0.12)


def test_ranks_moved_is_the_formula_of_the_paper():
    draws = np.random.default_rng(3).random((7, 4))
    moved = []
    for one, other in combinations(draws, 2):
        ranks = [(-values).argsort().argsort() for values in (one, other)]
        weights = np.maximum(one, other) ** 2
        moved.append((abs(ranks[0] - ranks[1]) * weights).sum() / weights.sum())
    assert ranks_moved(draws) == pytest.approx(np.quantile(moved, 0.95))
    assert ranks_moved(-draws) == pytest.approx(ranks_moved(draws))
    assert ranks_moved(np.zeros((3, 2))) == 0
    assert np.isnan(ranks_moved(np.array([[1, np.nan], [1, 2]])))


def test_screening_looks_at_factors_whose_interval_reaches_below_the_threshold():
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    # Intervals: 0.02 ± 0.25, 0.2 ± 0.25, 0.9 ± 0.25 of two points.
    found = convergence(design, linear(design), analysis=fake([0.02, 0.2, 0.9]), sizes=[2, 100], halves=0)
    assert found.criteria["screening"].tolist() == pytest.approx([0.5, 0.01])
    sure = convergence(design, linear(design), analysis=fake([0.5, 0.6, 0.9]), sizes=[100], halves=0)
    assert sure.criteria["screening"].tolist() == [0.0]
    signed = convergence(design, linear(design), analysis=fake([-0.5, -0.6, -0.9]), sizes=[100], halves=0)
    assert signed.criteria["screening"].tolist() == [0.0]


def test_what_is_no_share_is_judged_relative_to_the_largest():
    design = doe.monte_carlo(unit_space(2), 100, rng=1)
    for scale, relative, width in (
        ("effect", None, 0.001),
        ("effect", False, 0.01),
        ("share of variance", None, 0.01),
        ("share of variance", True, 0.001),
    ):
        analysis = fake([10.0, 1.0], scale=scale)
        found = convergence(design, linear(design), analysis=analysis, sizes=[100], relative=relative)
        assert found.criteria["indices"].tolist() == pytest.approx([width])
        assert found.criteria["ranking"].tolist() == [0]


def test_points_without_an_order_are_taken_at_random_and_those_of_a_sequence_in_turn():
    seen = []

    def analysis(part, y, *, outputs):
        seen.append(part.unit)
        return fake([1.0, 2.0])(part, y, outputs=outputs)

    for design, in_turn in (
        (doe.halton(unit_space(2), 64, rng=1), True),
        (doe.grid(unit_space(2), 8), False),
    ):
        seen.clear()
        convergence(design, linear(design), analysis=analysis, sizes=[16], halves=0)
        assert np.array_equal(seen[0], design.unit[:16]) == in_turn
        # Sixteen points of the grid reach more than its first two columns.
        assert len(np.unique(seen[0][:, 0])) > 4


def test_given_data_analyses_and_sizes_that_are_too_few():
    design = doe.latin_hypercube(angles(), 300, rng=1)
    with pytest.warns(MesaDoeWarning, match=r"left out, as too few .*: 16, 32, 64 \(rbd_fast: M=10") as seen:
        found = convergence(design, ishigami(design), analysis=rbd_fast, halves=4, resamples=100)
    assert len(seen) == 1
    assert found.criteria["size"].tolist() == [128, 256, 300]
    assert found.unit == "points"
    assert "left out" in repr(found)
    assert found.results[300].settings["resamples"] == 100
    with pytest.raises(AnalysisError, match="first 32 points cannot be analysed: rbd_fast: M=10 harm"):
        convergence(design, ishigami(design), analysis=rbd_fast, sizes=[32, 300], halves=0)
    with pytest.raises(AnalysisError, match=r"64 points cannot be analysed, or a half of them \(halves=0"):
        convergence(design, ishigami(design), analysis=rbd_fast, sizes=[64, 300], halves=2)


def test_missing_values_leave_out_whole_blocks_or_points():
    design = doe.sobol(unit_space(2), 16, rng=1)
    y = linear(design)
    y[5] = np.nan
    with pytest.raises(AnalysisError, match=r"convergence needs every point, .* points 5"):
        convergence(design, y, analysis=sobol)
    with pytest.warns(MesaDoeWarning, match="left out whole"):
        found = convergence(design, y, analysis=sobol, missing="drop", halves=2)
    assert found.criteria["size"].max() == 15
    assert found.criteria["runs"].max() == 60
    plain = doe.monte_carlo(unit_space(2), 100, rng=1)
    y = linear(plain)
    y[5] = np.nan
    with pytest.warns(MesaDoeWarning, match="left out, since"):
        found = convergence(plain, y, analysis=rbd_fast, missing="drop", sizes=[99], halves=0)
    assert found.criteria["runs"].tolist() == [99]


def test_an_output_with_gaps_takes_no_blocks_from_outputs_without():
    design = doe.sobol(unit_space(2), 64, rng=1)
    whole = linear(design)
    gap = whole.copy()
    gap[:30] = np.nan  # of the first eight blocks
    grown = partial(convergence, analysis=sobol, missing="drop", halves=3, rng=2)
    both = {"gap": gap, "whole": whole, "square": whole**2}
    with pytest.warns(MesaDoeWarning) as seen:
        found = grown(design, pd.DataFrame(both))
    assert [str(one.message) for one in seen] == list(found.warnings)
    assert found.outputs == list(both)
    assert "no finite value of gap: 8 blocks" in found.warnings[0]
    assert "lose them" not in " ".join(found.warnings)
    for name, y in both.items():
        alone = quiet(grown, design, y, outputs=[name])
        for mine, its in ((found.criteria, alone.criteria), (found.to_frame(), alone.to_frame())):
            own = mine[mine["output"] == name].reset_index(drop=True)
            pd.testing.assert_frame_equal(own, its, rtol=1e-9)
    with pytest.raises(AnalysisError, match=r"from 2 to 56, .* that have gap, got"):
        grown(design, pd.DataFrame(both), sizes=[8, 64])
    sizes = found.criteria.groupby("output")["size"].agg(lambda column: column.drop_duplicates().tolist())
    assert sizes["gap"] == [4, 8, 16, 32, 56]
    assert sizes["whole"] == sizes["square"] == [4, 8, 16, 32, 64]
    assert found.results[56].outputs == ["gap"]
    assert found.results[8].outputs == list(both)
    held = converged(found, width=9, ranks=9)
    assert held.index.get_level_values("output").unique().tolist() == list(both)
    assert held["indices"].all()
    estimates = found.to_xarray()["ST"]
    assert estimates.sel(output="gap").isnull().all("factor").values.tolist() == [False] * 5 + [True]
    assert estimates.sel(output="whole").isnull().all("factor").values.tolist() == [*[False] * 4, True, False]


def test_an_analysis_gets_no_missing_values():
    design = doe.monte_carlo(unit_space(2), 20, rng=1)
    y = np.column_stack([linear(design)] * 2)
    y[3, 0] = np.nan
    seen = []

    def analysis(part, y, *, outputs):
        seen.append((outputs, len(part)))
        assert np.isfinite(y).all()
        return fake([1.0, 2.0])(part, y, outputs=outputs)

    with pytest.warns(MesaDoeWarning, match=r"no finite value of y0: 1 point \(3\); left: 19$"):
        convergence(design, y, analysis=analysis, missing="drop", halves=0)
    assert {(name, size) for (name,), size in seen} == {
        *(("y0", size) for size in (4, 8, 16, 19)),
        *(("y1", size) for size in (4, 8, 16, 20)),
    }


def test_replications_constant_and_boolean_outputs():
    design = doe.sobol(unit_space(2), 32, rng=1)
    y = np.stack([linear(design) > 0.7, np.ones(len(design), dtype=bool)], axis=1)
    with pytest.warns(MesaDoeWarning, match="'flat'"):
        found = convergence(design, y, analysis=sobol, outputs=["seen", "flat"], sizes=[16, 32], halves=4)
    rows = found.criteria.set_index("output")
    assert np.isfinite(rows.loc["seen", ["indices", "ranking", "screening"]].to_numpy()).all()
    assert rows.loc["flat", ["indices", "ranking", "screening"]].isna().all(axis=None)
    for shown in (repr(found), found._repr_html_()):
        assert "NaN: there is no interval, or the output changes at too few points to tell it" in shown
    assert not converged(found).loc["flat"].any(axis=None)
    alone = convergence(design, y[:, 0], analysis=sobol, outputs=["seen"], sizes=[16, 32], halves=4)
    assert "NaN" not in repr(alone)
    mine = found.criteria[found.criteria["output"] == "seen"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone.criteria, rtol=1e-9)
    noisy = linear(design)[:, None, None] + np.random.default_rng(1).normal(0, 0.1, (len(design), 3, 1))
    many = convergence(design, noisy, analysis=sobol, sizes=[32], halves=2)
    assert many.criteria["runs"].tolist() == [384, 384]
    assert many.results[32].settings["replications"] == 3


def test_without_intervals_only_ranking_is_told():
    design = doe.monte_carlo(unit_space(2), 50, rng=1)
    found = convergence(design, linear(design), analysis=fake([0.7, 0.2], intervals=False), sizes=[50])
    held = converged(found)
    assert held.loc[("y", "S")].to_dict() == {"indices": False, "ranking": True, "screening": False}


def test_measures_are_those_drawn_or_those_named():
    design = doe.sobol(unit_space(3), 32, rng=1, second_order=True)
    y = linear(design)
    assert set(convergence(design, y, analysis=sobol, sizes=[32], halves=0).criteria["measure"]) == {
        "S1",
        "ST",
    }
    pairs = convergence(design, y, analysis=sobol, sizes=[32], measures=["S2"], halves=2)
    assert pairs.criteria["measure"].tolist() == ["S2"]
    with pytest.raises(AnalysisError, match=r"measures takes some of \['S1', 'ST', 'S2'\]"):
        convergence(design, y, analysis=sobol, sizes=[32], measures=["mu"], halves=0)


def test_what_cannot_be_cut_is_refused():
    curves = doe.fast(unit_space(2), 65, rng=1)
    with pytest.raises(AnalysisError, match="fast design belong together"):
        convergence(curves, linear(curves), analysis=fast)
    design = doe.sobol(unit_space(2), 16, rng=1)
    y = linear(design)
    for options, match in (
        ({"sizes": [8, 4]}, "ints that increase, from 2 to 16"),
        ({"sizes": [8, 32]}, "ints that increase, from 2 to 16"),
        ({"sizes": [0.5]}, "ints that increase"),
        ({"sizes": []}, "ints that increase"),
        ({"halves": 1}, "halves takes an int from 2"),
        ({"halves": True}, "halves takes"),
        ({"sizes": [[4], [4, 8]]}, "ints that increase"),
        ({"measures": 5}, r"measures takes some of \['S1', 'ST'\], got 5"),
        ({"measures": [["ST"]]}, r"measures takes some of \['S1', 'ST'\]"),
        ({"threshold": -1}, "threshold takes a number from 0"),
        ({"threshold": None}, "threshold takes a number from 0, got None"),
        ({"threshold": [0.1]}, "threshold takes a number from 0"),
        ({"relative": 1}, "convergence: relative takes True or False, got 1"),
        ({"estimator": "best"}, "estimator takes"),
    ):
        with pytest.raises(AnalysisError, match=match):
            convergence(design, y, analysis=sobol, **options)
    with pytest.raises(AnalysisError, match="takes a Design, got ndarray"):
        convergence(y, y, analysis=sobol)
    with pytest.raises(AnalysisError, match=r"analysis takes a function, .* got 'sobol'"):
        convergence(design, y, analysis="sobol")
    with pytest.raises(AnalysisError, match="sort_index"):
        convergence(design, pd.Series(y).sample(frac=1, random_state=1), analysis=sobol)
    with pytest.raises(AnalysisError, match="needs real numbers"):
        convergence(design, y.astype(str), analysis=sobol)
    with pytest.raises(AnalysisError, match="Convergence or a SensitivityResult, got dict"):
        converged({})


def test_a_result_alone_is_judged_by_its_widths():
    design = doe.sobol(unit_space(2), 256, rng=1)
    result = sobol(design, linear(design))
    assert converged(result, width=1.0)["indices"].tolist() == [True, True]
    assert converged(result, width=1e-6)["indices"].tolist() == [False, False]
    assert list(converged(result).index.names) == ["output", "measure"]


@pytest.mark.parametrize("option", ["width", "ranks"])
@pytest.mark.parametrize("value", ["wide", -1, 0, np.nan, np.inf, None, True, [0.1]])
def test_limits_that_are_no_sizes_are_refused(option, value):
    design = doe.sobol(unit_space(2), 16, rng=1)
    result = sobol(design, linear(design))
    with pytest.raises(AnalysisError, match=f"converged: {option} takes a number above 0, got"):
        converged(result, **{option: value})


def test_nothing_of_the_callers_is_changed_and_the_same_rng_gives_the_same():
    design = doe.sobol(unit_space(2), 16, rng=1)
    y = linear(design)
    before, options, points = y.copy(), dict(design.options), design.points
    state = global_state()
    one, other = (convergence(design, y, analysis=sobol, halves=3, rng=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.criteria, other.criteria)
    assert global_state() == state
    assert (y == before).all()
    assert dict(design.options) == options
    assert design.points.equals(points)


def test_the_warnings_of_the_whole_are_said_once():
    design = doe.sobol(unit_space(2), 32, rng=1)
    y = linear(design) + np.random.default_rng(2).normal(0, 1, len(design))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        found = convergence(design, y, analysis=sobol, halves=3, seed_policy="independent")
    assert [str(one.message) for one in seen] == list(found.warnings) == list(found.results[32].warnings)
    assert len(seen) == 1


def test_indices_of_factors_are_judged_without_those_of_pairs():
    frame = pd.DataFrame(
        {
            "output": "y",
            "measure": ["S", "S", "S", "S2"],
            "factor": ["a", "b", "a", "a"],
            "partner": ["", "", "b", "b"],
            "estimate": [0.5, 0.3, 0.2, 0.2],
            "low": [0.49, 0.29, 0.0, 0.1],
            "high": [0.51, 0.31, 0.4, 0.3],
        }
    )

    def analysis(design, y, *, outputs):
        return SensitivityResult("fake", frame, plotted=("S",))

    assert converged(analysis(None, None, outputs=["y"]))["indices"].to_dict() == {("y", "S"): True}
    design = doe.monte_carlo(unit_space(2), 16, rng=1)
    found = convergence(design, linear(design), analysis=analysis, halves=2, outputs=["y"])
    assert found.criteria["indices"].tolist() == pytest.approx([0.02] * 3)
    assert converged(found).loc[("y", "S"), "indices"]
    # Of a measure of pairs alone, pairs are judged when it is asked for.
    options = {"halves": 0, "outputs": ["y"], "measures": ["S2"]}
    pairs = convergence(design, linear(design), analysis=analysis, **options)
    assert pairs.criteria["indices"].tolist() == pytest.approx([0.2] * 3)


@pytest.mark.parametrize("analysis", [doe.analyze.pawn, doe.analyze.delta])
def test_the_dummy_is_no_factor_of_which_one_waits_that_it_settles(analysis):
    design = doe.latin_hypercube(unit_space(2), 256, rng=1)
    y = linear(design)
    grown = partial(convergence, analysis=analysis, halves=4, sizes=[128, 256], resamples=100)
    with_dummy, without = (quiet(grown, design, y, dummy=dummy) for dummy in (True, False))
    pd.testing.assert_frame_equal(with_dummy.criteria, without.criteria)
    assert "dummy" in set(with_dummy.to_frame()["factor"])
    result = quiet(analysis, design, y, resamples=100)
    frame = result.to_frame()
    of_dummy = frame["factor"] == "dummy"
    frame.loc[of_dummy, "high"] = 10.0
    assert converged(replace(result, estimates=frame), width=5)["indices"].all()


def test_a_factor_that_is_called_dummy_is_judged_as_one():
    frame = pd.DataFrame(
        {"output": "y", "measure": "S", "factor": ["a", "dummy"], "partner": "",
         "estimate": 0.5, "low": [0.5, 0.0], "high": [0.5, 1.0]}
    )  # fmt: skip
    for dummy in (True, False):
        result = SensitivityResult("fake", frame, {"dummy": dummy})
        assert converged(result, width=0.5)["indices"].tolist() == [dummy]


def test_it_reads_as_a_table_and_draws():
    from matplotlib.figure import Figure

    design = doe.sobol(unit_space(2), 16, rng=1)
    found = convergence(design, np.column_stack([linear(design)] * 6), analysis=sobol, halves=2)
    assert isinstance(found, Convergence)
    text = repr(found)
    assert "convergence of 'y0'\n blocks  runs measure  indices  ranking  screening\n" in text
    assert "and 1 more output: criteria has all" in text
    with pytest.raises(AnalysisError, match="choose one with output="):
        found.plot()
    with pytest.raises(AnalysisError, match="no output 'z'"):
        found.plot(output="z")
    ax = found.plot(Figure().subplots(), output="y1")
    assert ax.get_xlabel() == "blocks"
    assert len(ax.lines[0].get_xdata()) == 3


def test_resamples_that_are_no_number_are_refused_as_by_the_analysis():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 16, rng=1)
    with pytest.raises(doe.AnalysisError, match="resamples"):
        doe.analyze.convergence(design, design.unit[:, 0], analysis=doe.analyze.sobol, resamples="many")


def test_terms_that_a_beginning_cannot_tell_are_no_matter_to_the_others():
    space = doe.ParameterSpace(a=doe.Integer(1, 3), b=doe.Integer(1, 4))
    design = doe.latin_hypercube(space, 60, rng=1)
    y = design.unit[:, 0] + design.unit[:, 0] * design.unit[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        found = convergence(design, y, analysis=doe.analyze.anova, halves=4)
    left_out = {size: result.settings["left_out"] for size, result in found.results.items()}
    assert left_out == {16: ["a × b"], 32: [], 60: []}
    assert found.criteria.query("measure == 'share'")["ranking"].tolist() == [0, 0, 0]

import inspect
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from mesa_doe import analysis
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.joining import condensed, joined
from mesa_doe.samplers import SAMPLERS


@pytest.fixture(scope="module")
def result():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), c=doe.Real(0, 1))
    design = doe.sobol(space, 64, rng=1, second_order=True)
    y = np.column_stack([design.unit @ [2, 1, 0], design.unit[:, 0] * design.unit[:, 2]])
    return doe.analyze.sobol(design, y, outputs=["sum", "product"])


def test_tidy_frame_has_one_row_an_estimate(result):
    frame = result.to_frame()
    assert list(frame.columns) == ["output", "measure", "factor", "partner", "estimate", "low", "high"]
    assert len(frame) == 2 * (3 + 3 + 3)
    assert (frame["low"] <= frame["high"]).all()
    assert set(frame.loc[frame["measure"] != "S2", "partner"]) == {""}


def test_changing_the_frame_does_not_change_the_result(result):
    frame = result.to_frame()
    frame["estimate"] = 0.0
    assert (result.to_frame()["estimate"] != 0.0).any()


def test_table_has_one_row_a_factor_and_pair(result):
    table = result.table("sum")
    assert table.index.tolist() == ["a", "b", "c", "a × b", "a × c", "b × c"]
    assert table.loc["a", "ST"] > table.loc["b", "ST"]
    assert np.isnan(table.loc["a × b", "ST"])


def test_an_output_must_be_chosen_among_several(result):
    with pytest.raises(doe.AnalysisError, match=r"several outputs \(sum, product\)"):
        result.plot()
    with pytest.raises(
        doe.AnalysisError, match=r"no output 'som'; did you mean 'sum'\? there are sum, product"
    ):
        result.table("som")


def test_an_output_may_be_called_by_a_tuple():
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 20, rng=1)
    y = np.column_stack([design.unit[:, 0], design.unit.sum(axis=1)])
    found = doe.analyze.regression(design, y, outputs=[("y", 1), ("y", 2)])
    alone = doe.analyze.regression(design, y[:, 0], outputs=[("y", 1)])
    pd.testing.assert_frame_equal(found.table(("y", 1)), alone.table(), atol=1e-6)


def test_plot_draws_on_the_given_axes(result):
    ax = Figure().subplots()
    assert result.plot(ax, output="sum") is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert result.plot_interactions(Figure().subplots(), output="product") is not None


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")  # of the few points
def test_titles_name_the_method_as_the_field_does_and_print_dollars():
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 200, rng=1)
    y = design.unit[:, [0]]
    for analyse, written in (
        (doe.analyze.rbd_fast, "RBD-FAST"),
        (doe.analyze.pawn, "PAWN"),
        (doe.analyze.delta, "Delta"),
    ):
        ax = analyse(design, y, outputs=["$low and $high"], resamples=100).plot(Figure().subplots())
        assert ax.get_title() == rf"{written}: \$low and \$high"
        ax.figure.draw_without_rendering()


def test_interactions_of_a_first_order_design_are_refused():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 8, rng=1)
    first = doe.analyze.sobol(design, design.unit.sum(axis=1))
    with pytest.raises(doe.AnalysisError, match="second_order=True"):
        first.plot_interactions()


def test_repr_shows_estimates_with_their_intervals(result):
    lines = repr(result).splitlines()
    assert lines[0] == "sobol: 'sum'"
    estimate, low, high = result.table("sum").loc["a", ["S1", "S1_low", "S1_high"]]
    assert f"{estimate:z.3f} [{low:z.3f}, {high:z.3f}]" in lines[2]
    assert "sobol: product" in result._repr_html_()


def test_what_rounds_to_zero_has_no_sign():
    frame = tidy(["y"], [("S1", "a", "")], np.array([[-1e-9]]), np.array([[-2e-4]]), np.array([[0.25]]))
    found = analysis.SensitivityResult("sobol", frame)
    assert "0.000 [0.000, 0.250]" in repr(found)
    assert "-0.000" not in repr(found) + found._repr_html_()


def test_outputs_that_are_not_shown_are_told():
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 50, rng=1)
    y = np.repeat(design.unit[:, :1], 7, axis=1)
    seven = doe.analyze.regression(design, y, resamples=100)
    six = doe.analyze.regression(design, y[:, :6], resamples=100)
    for shown in (repr, lambda result: result._repr_html_()):
        assert "… and 2 more outputs: to_frame() has all" in shown(seven)
        assert "… and 1 more output: to_frame() has all" in shown(six)
        assert "y4" in shown(seven)
        assert "y5" not in shown(seven)


def made_of(outputs, **settings):
    frame = pd.DataFrame(
        [(name, "S1", "a", "", 0.5, 0.4, 0.6) for name in outputs],
        columns=["output", "measure", "factor", "partner", "estimate", "low", "high"],
    )
    return analysis.SensitivityResult("sobol", frame, settings)


def test_settings_of_parts_are_kept_by_output_where_they_differ():
    exact = made_of(["x", "y"], seed_policy=None, blocks=64, noise_share={"x": 0.0, "y": 0.0}, aliases={})
    noisy = made_of(["z"], seed_policy="block", blocks=64, noise_share={"z": 0.3}, aliases={"a": ["b"]}, M=4)
    both = joined([exact, noisy], ["z", "x", "y"])
    assert both.outputs == ["z", "x", "y"]
    assert both.settings == {
        "seed_policy": {"x": None, "y": None, "z": "block"},
        "blocks": 64,
        "noise_share": {"x": 0.0, "y": 0.0, "z": 0.3},
        "aliases": {"x": {}, "y": {}, "z": {"a": ["b"]}},
        "M": {"x": None, "y": None, "z": 4},
    }
    assert joined([noisy], ["z"]).settings == noisy.settings


def test_settings_of_parts_over_time_are_kept_by_name():
    parts = [
        made_of([(name, 0), (name, 5)], seed_policy=policy, noise_share={(name, 0): 0.1, (name, 5): 0.2})
        for name, policy in (("x", None), ("y", "block"))
    ]
    both = joined(parts, ["x", "y"])
    assert both.settings["seed_policy"] == {"x": None, "y": "block"}
    assert set(both.settings["noise_share"]) == {("x", 0), ("x", 5), ("y", 0), ("y", 5)}


def test_every_analysis_says_what_it_takes_and_is_public():
    for name, info in analysis.ANALYSES.items():
        assert getattr(doe.analyze, name) is info.function
        assert set(info.default_for) <= set(info.designs or SAMPLERS)
        assert set(info.designs) <= set(SAMPLERS)
        assert info.source
        assert info.library
        parameters = inspect.signature(info.function).parameters
        assert list(parameters)[:2] == ["design", "y"]
        assert {"outputs", "missing", "seed_policy"} <= set(parameters)


def test_no_design_has_two_default_analyses():
    taken = Counter(name for info in analysis.ANALYSES.values() for name in info.default_for)
    assert max(taken.values()) == 1


def over_time(result):
    frame = result.to_frame()
    frames = [frame.assign(step=step, estimate=frame["estimate"] + step) for step in (0, 10)]
    both = pd.concat(frames).sort_values("output", kind="stable")
    both.insert(1, "step", both.pop("step"))
    return analysis.SensitivityResult("sobol", both.reset_index(drop=True))


def test_labelled_arrays_hold_every_estimate_where_its_labels_say(result):
    cube = result.to_xarray()
    assert cube["S1"].dims == ("output", "factor")
    assert cube["S2"].dims == ("output", "factor", "partner")
    rows = result.to_frame().set_index(["output", "measure", "factor", "partner"])
    for output in result.outputs:
        for factor in "abc":
            there = rows.loc[(output, "ST", factor, "")]
            for suffix, column in (("", "estimate"), ("_low", "low"), ("_high", "high")):
                assert float(cube[f"ST{suffix}"].sel(output=output, factor=factor)) == there[column]
        pair = rows.loc[(output, "S2", "a", "c"), "estimate"]
        assert float(cube["S2"].sel(output=output, factor="a", partner="c")) == pair


def test_estimates_over_time_are_told_apart_by_step(result):
    series = over_time(result)
    assert series.steps == [0, 10]
    later, first = series.table("sum"), series.table("sum", step=0)
    np.testing.assert_allclose(later["S1"], first["S1"] + 10)
    assert "'sum' at step 10, the last of 2" in repr(series)
    assert "sobol: sum at step 10, the last of 2" in series._repr_html_()
    assert float(series.to_xarray()["S1"].sel(output="sum", step=0, factor="a")) == first.loc["a", "S1"]
    with pytest.raises(doe.AnalysisError, match="no step 3; there are 0 to 10"):
        series.table("sum", step=3)
    with pytest.raises(doe.AnalysisError, match="no indices over time"):
        result.table("sum", step=3)


def test_warnings_of_other_outputs_and_factors_are_kept_apart():
    said = [
        f"output ('{name}', {step}): too few along the whole curve of {factor} ({step}.5)"
        for name in ("y1", "y2")
        for factor in ("x1", "x2")
        for step in (0, 3)
    ]
    assert condensed(said) == tuple(
        f"output '{name}' at step 0: too few along the whole curve of {factor} (0.5); and so, but for "
        "figures, at 1 other step, the last being 3"
        for name in ("y1", "y2")
        for factor in ("x1", "x2")
    )


@pytest.mark.parametrize("dummy", [False, True])
def test_a_result_of_one_factor_has_no_pairs_whatever_the_design(dummy):
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1)), 16, rng=1, second_order=True)
    result = doe.analyze.sobol(design, design.unit[:, 0], dummy=dummy)
    with pytest.raises(doe.AnalysisError, match="is of one factor, a, of which there are no pairs"):
        result.plot_interactions()

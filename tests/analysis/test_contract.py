"""What every analysis promises, whatever its method: no answer without data, none that is silently zero."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from mesa_doe.analysis import ANALYSES
from mesa_doe.analysis.joining import joined
from mesa_doe.analysis.shown import method_name
from mesa_doe.samplers import SAMPLERS
from tests.random_state import global_state

REAL = dict.fromkeys("abc", doe.Real(0, 1))
SPACE = doe.ParameterSpace(REAL)

#: A design of each kind, on three real axes.
DESIGNS = {
    "sobol": lambda: doe.sobol(SPACE, 64, rng=1, second_order=True),
    "morris": lambda: doe.morris(SPACE, 12, rng=1),
    "radial": lambda: doe.radial(SPACE, 32, rng=1),
    "finite_difference": lambda: doe.finite_difference(SPACE, 16, rng=1),
    "shapley": lambda: doe.shapley(SPACE, 40, rng=1),
    "fast": lambda: doe.fast(SPACE, 100, rng=1),
    "full_factorial": lambda: doe.full_factorial(SPACE, 2),
    "central_composite": lambda: doe.central_composite(SPACE, face="inscribed"),
    "base_case": lambda: doe.base_case(SPACE, 3),
    "latin_hypercube": lambda: doe.latin_hypercube(SPACE, 400, rng=1),
}

#: Which design an analysis is tried on, where that is not the first it names.
OF = {"response_surface": "central_composite", "anova": "full_factorial"}

#: Whose estimates are in the squared unit of the output.
SQUARED = {"dgsm", "shapley", "anova"}
SLOW = {"hdmr", "enhanced_hdmr"}
#: What of an output of two values an analysis cannot see, and which others can.
BLIND_TO = {
    "dgsm": "no derivative; .* sobol or shapley",
    "discrepancy": "two values only, .* rsa, pawn and delta",
}
#: Who reads no more of replications than their mean.
AVERAGING = {"delta", "discrepancy", "enhanced_hdmr", "hdmr", "pawn", "rbd_fast", "regression", "rsa"}
#: Who draws more than intervals.
DRAWING = {"delta", "pawn"}
#: What blocks are called by those who leave them out whole.
BLOCKS = {
    "dgsm": "stars",
    "jansen": "stars",
    "morris": "trajectories",
    "radial_effects": "stars",
    "shapley": "trajectories",
    "sobol": "complete blocks",
}
NAMES = sorted(ANALYSES)


def design_of(name):
    kind = OF.get(name) or (ANALYSES[name].designs or ("latin_hypercube",))[0]
    return DESIGNS[kind if kind in DESIGNS else "full_factorial"]()


def analysed(name, design, y, **options):
    quick = {"resamples": 2 if name in SLOW else 100} if "resamples" in _options(name) else {}
    quick |= {"behavioural": 0.5} if name == "rsa" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", doe.MesaDoeWarning)
        return ANALYSES[name].function(design, y, **{**quick, **options})


def _options(name):
    return inspect.signature(ANALYSES[name].function).parameters


def some_outputs(design):
    """Depends on a and b, and hardly on c."""
    u = design.unit
    return 3 * u[:, 0] + np.sin(4 * u[:, 1]) + u[:, 0] * u[:, 1] + 0.01 * u[:, 2]


def test_every_analysis_that_names_designs_is_tried_on_one_of_them():
    for name in NAMES:
        assert design_of(name).method in (ANALYSES[name].designs or SAMPLERS)


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_tidy_and_can_be_shown(name):
    design = design_of(name)
    result = analysed(name, design, some_outputs(design))
    frame = result.to_frame()
    assert list(frame.columns) == ["output", "measure", "factor", "partner", "estimate", "low", "high"]
    assert set(frame["factor"]) | set(frame["partner"]) <= {"", "a", "b", "c", "dummy"}
    assert not frame.duplicated(["output", "measure", "factor", "partner"]).any()
    known = frame.dropna()
    assert (known["low"] <= known["high"]).all()
    assert name in repr(result)
    assert result.outputs == ["y"]
    assert result._repr_html_()


@pytest.mark.parametrize("name", NAMES)
def test_a_result_can_be_drawn_and_becomes_labelled_arrays(name):
    design = design_of(name)
    y = some_outputs(design)
    result = analysed(name, design, y)
    ax = Figure().subplots()
    assert result.plot(ax) is ax
    assert ax.get_title().startswith(method_name(name))
    cube = result.to_xarray()
    rows = result.to_frame().set_index(["measure", "factor", "partner"])
    for (measure, factor, partner), row in rows.iterrows():
        both = measure in cube and "partner" not in cube[measure].dims and partner
        where = {"output": "y", "factor": factor, **({"partner": partner} if partner else {})}
        found = cube[f"{measure}_pairs" if both else measure].sel(where)
        np.testing.assert_equal(float(found), row["estimate"])
    over_time = joined(
        [analysed(name, design, np.column_stack([y, y**2]), outputs=[("y", 0), ("y", 5)])], ["y"]
    )
    assert over_time.steps == [0, 5]
    assert over_time.plot(Figure().subplots()) is not None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_is_missing_or_infinite_is_an_error_that_names_the_point(name, bad):
    design = design_of(name)
    y = some_outputs(design)
    y[3] = bad
    with pytest.raises(doe.AnalysisError, match=r"1 of \d+ lack a finite value of y: points 3"):
        analysed(name, design, y)


@pytest.mark.parametrize("name", NAMES)
def test_too_few_or_too_many_values_are_refused(name):
    design = design_of(name)
    y = some_outputs(design)
    for wrong in (y[:-1], np.append(y, 0.0), y[:0], y[:, None, None, None], 1.0):
        with pytest.raises(doe.AnalysisError, match="needs one output a design point"):
            analysed(name, design, wrong)


@pytest.mark.parametrize("name", NAMES)
def test_text_and_objects_are_refused(name):
    design = design_of(name)
    y = some_outputs(design)
    for wrong in (y.astype(str), y.astype(complex), np.array([{}] * len(y), dtype=object)):
        with pytest.raises(doe.AnalysisError, match="needs real numbers"):
            analysed(name, design, wrong)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_policy_that_there_is_not_is_refused(name):
    design = design_of(name)
    with pytest.raises(doe.AnalysisError, match=f"{name}: seed_policy takes .*'common'.*, got 'comon'"):
        analysed(name, design, some_outputs(design), seed_policy="comon")


@pytest.mark.parametrize("name", NAMES)
def test_shuffled_rows_are_noticed_where_they_are_labelled(name):
    design = design_of(name)
    y = pd.Series(some_outputs(design), index=design.points.index)
    with pytest.raises(doe.AnalysisError, match="in the order of the design"):
        analysed(name, design, y.sample(frac=1, random_state=1))
    doubled = pd.Series(y.to_numpy(), index=[0, 0, *y.index[2:]])
    with pytest.raises(doe.AnalysisError, match="in the order of the design"):
        analysed(name, design, doubled)


@pytest.mark.parametrize("constant", [0.0, 7.25, 1e300])
@pytest.mark.parametrize("name", NAMES)
def test_a_constant_output_has_no_estimates_and_that_is_said(name, constant):
    design = design_of(name)
    y = np.column_stack([np.full(len(design), constant), some_outputs(design)])
    result = analysed(name, design, y, outputs=["still", "moving"], seed_policy="independent")
    frame = result.to_frame().set_index("output")
    assert frame.loc["still", ["estimate", "low", "high"]].isna().all(axis=None)
    assert frame.loc["moving", "estimate"].notna().any()
    (said,) = (text for text in result.warnings if "'still'" in text)
    assert said.startswith(f"output 'still' is the same ({constant:g}) at every design point: it has no var")
    assert not any("'moving' is the same" in text for text in result.warnings)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BLIND_TO])
def test_booleans_and_integers_are_numbers(name):
    design = design_of(name)
    y = some_outputs(design)
    for values in (y > np.median(y), np.rint(3 * y).astype(np.int16)):
        found = analysed(name, design, values).to_frame()
        same = analysed(name, design, values.astype(float)).to_frame()
        pd.testing.assert_frame_equal(found, same)


@pytest.mark.parametrize("name", BLIND_TO)
def test_true_and_false_are_refused_where_they_cannot_be_seen(name):
    design = design_of(name)
    y = some_outputs(design)
    for values in (y > np.median(y), np.where(y > np.median(y), 5.0, -3.0)):
        with pytest.raises(doe.AnalysisError, match=f"{name}: 'y0'.*{BLIND_TO[name]}"):
            analysed(name, design, np.column_stack([values, y]))


@pytest.mark.parametrize("name", ["sobol", "fast", "jansen", "shapley"])
def test_noise_is_corrected_or_kept_and_nothing_else(name):
    design = design_of(name)
    with pytest.raises(doe.AnalysisError, match=f"{name}: noise takes 'corrected' or 'kept', got 'gone'"):
        analysed(name, design, some_outputs(design), noise="gone")


@pytest.mark.parametrize("factor", [1e300, 1e-200])
@pytest.mark.parametrize("name", NAMES)
def test_very_large_and_small_outputs_are_analysed_or_refused_in_words(name, factor):
    design = design_of(name)
    y = some_outputs(design)
    if name in SQUARED:
        with pytest.raises(doe.AnalysisError, match=f"{name}: output 'y' deviates from its mean by up to"):
            analysed(name, design, factor * y)
    else:
        found = analysed(name, design, factor * y).to_frame()["estimate"]
        plain = analysed(name, design, y).to_frame()["estimate"]
        assert np.isfinite(found).equals(np.isfinite(plain))


@pytest.mark.parametrize("policy", ["independent", "block", "common"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in SQUARED])
def test_noise_of_very_large_and_small_outputs_is_that_of_others(name, policy):
    design = design_of(name)
    y = some_outputs(design)
    noise = 0.3 * np.random.default_rng(1).normal(size=(len(design), 3))
    # Powers of two, which leave all digits as they are.
    plain, *others = (
        analysed(name, design, scale * (y[:, None] + noise)[:, :, None], seed_policy=policy)
        for scale in (1.0, 2.0**1000, 2.0**-700)
    )
    for found in others:
        assert len(found.warnings) == len(plain.warnings)
        for key in ("noise_share", "R2"):
            if key in plain.settings:
                assert found.settings[key] == pytest.approx(plain.settings[key], rel=1e-9)
        if found.scale.startswith("share"):
            columns = ["estimate", "low", "high"]
            np.testing.assert_allclose(
                found.to_frame()[columns], plain.to_frame()[columns], rtol=1e-7, atol=1e-10
            )
        else:
            assert np.isfinite(found.to_frame()["estimate"]).equals(np.isfinite(plain.to_frame()["estimate"]))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_without_a_mean_are_refused(name):
    design = design_of(name)
    y = np.where(np.arange(len(design)) % 2, 1.6e308, 1.7e308)
    with pytest.raises(doe.AnalysisError, match=r"output 'y' has values up to 1\.7e\+308, whose sum is"):
        analysed(name, design, y)


@pytest.mark.parametrize("name", NAMES)
def test_several_outputs_are_analysed_as_each_is_alone(name):
    design = design_of(name)
    y = np.column_stack([some_outputs(design), np.exp(design.unit[:, 1])])
    together = analysed(name, design, y).to_frame()
    numbers = ["estimate", "low", "high"]
    for k in range(2):
        alone = analysed(name, design, y[:, k]).to_frame()
        mine = together[together["output"] == f"y{k}"]
        np.testing.assert_allclose(mine[numbers], alone[numbers], rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_replications_are_averaged_or_their_noise_is_told_apart(name):
    design = design_of(name)
    y = some_outputs(design)
    thrice = np.repeat(y[:, None, None], 3, axis=1)
    once, same = analysed(name, design, y).to_frame(), analysed(name, design, thrice).to_frame()
    pd.testing.assert_frame_equal(
        once.drop(columns=["low", "high"]), same.drop(columns=["low", "high"]), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("name", sorted(AVERAGING))
def test_means_of_shares_tie_where_those_of_counts_do(name):
    design = design_of(name)
    noise = np.random.default_rng(1).normal(size=(len(design), 3))
    counts = np.rint(2 * some_outputs(design)[:, None, None] + noise[:, :, None])
    # Sums of tenths round otherwise in another order: 0.1 + 0.2 + 0.3 is more than 0.3 + 0.2 + 0.1.
    of_counts, of_shares = (analysed(name, design, y).to_frame() for y in (counts, counts / 10))
    numbers = ["estimate", "low", "high"]
    np.testing.assert_allclose(of_shares[numbers], of_counts[numbers], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_callers_objects_and_the_global_random_state_are_as_before(name):
    design = design_of(name)
    y = some_outputs(design)
    before = y.copy(), design.unit.copy(), design.points.copy()
    states = global_state()
    first = analysed(name, design, y).to_frame()
    second = analysed(name, design, y).to_frame()
    pd.testing.assert_frame_equal(first, second)
    assert np.array_equal(y, before[0])
    assert np.array_equal(design.unit, before[1])
    pd.testing.assert_frame_equal(design.points, before[2])
    assert global_state() == states


@pytest.mark.parametrize(
    "name", [name for name in NAMES if ANALYSES[name].intervals and "rng" in _options(name)]
)
def test_intervals_follow_rng_and_estimates_do_not(name):
    design = design_of(name)
    y = some_outputs(design)
    first, other = (analysed(name, design, y, rng=rng).to_frame() for rng in (0, 7))
    assert not first[["low", "high"]].equals(other[["low", "high"]])
    assert first["estimate"].equals(other["estimate"]) != (name in DRAWING)


@pytest.mark.parametrize("name", [name for name in NAMES if ANALYSES[name].designs])
def test_other_designs_are_refused_with_the_analyses_that_would_do(name):
    space = doe.ParameterSpace(a=REAL["a"], b=REAL["b"])
    other = doe.explicit({"a": [0.1, 0.2, 0.3], "b": [0.3, 0.1, 0.2]}, space)
    with pytest.raises(doe.AnalysisError, match=r"needs a design made by .* got one made by explicit.*pawn"):
        analysed(name, other, np.arange(3.0))


@pytest.mark.parametrize("name", [name for name in NAMES if not ANALYSES[name].designs])
def test_points_without_a_value_can_be_left_out_of_given_data(name):
    design = design_of(name)
    y = some_outputs(design)
    y[[3, 5]] = np.nan
    result = analysed(name, design, y, missing="drop")
    assert any("2 points (3, 5)" in text for text in result.warnings)
    assert result.settings["dropped_points"] == [3, 5]
    rest = doe.Design(design.space, design.unit[np.isfinite(y)], method="mine", options={})
    same = analysed(name, rest, y[np.isfinite(y)]).to_frame()
    numbers = ["estimate", "low", "high"]
    np.testing.assert_allclose(result.to_frame()[numbers], same[numbers], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_with_a_gap_is_left_out_whole(name):
    design = design_of(name)
    y = some_outputs(design)
    gaps, rows = y.copy(), np.flatnonzero(design.blocks)[0]
    gaps[[rows, 4 * rows + 1]] = np.nan, np.inf
    result = analysed(name, design, gaps, missing="drop")
    keep = ~np.isin(design.blocks, [1, 4])
    assert f": 2 blocks (1, 4); left: {keep.sum() // rows}" in result.warnings[0]
    pd.testing.assert_frame_equal(result.to_frame(), analysed(name, _part(design, keep), y[keep]).to_frame())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fast"])  # which needs every point
def test_outputs_of_which_nothing_is_left_are_refused(name):
    design = design_of(name)
    with pytest.raises(doe.AnalysisError, match=rf"{name}: every (point|block) lacks .*nothing is left"):
        analysed(name, design, np.full(len(design), np.nan), missing="drop")


@pytest.mark.parametrize("name", BLOCKS)
def test_one_block_is_too_few(name):
    design = design_of(name)
    first = design.blocks == 0
    with pytest.raises(doe.AnalysisError, match=f"at least two {BLOCKS[name]}, got 1"):
        analysed(name, _part(design, first), some_outputs(design)[first])


def _part(design, kept):
    blocks = np.unique(design.blocks[kept], return_inverse=True)[1]
    options = {**design.options, "n": int(blocks.max()) + 1}
    return doe.Design(design.space, design.unit[kept], method=design.method, options=options, blocks=blocks)


@pytest.mark.parametrize("name", NAMES)
def test_failed_replications_are_averaged_over_or_take_what_the_method_needs_whole(name):
    design = design_of(name)
    y = some_outputs(design)[:, None, None] + np.random.default_rng(1).normal(0, 0.1, (len(design), 4, 1))
    y[3, 1], y[5, 2:] = np.nan, np.nan
    with pytest.raises(doe.AnalysisError, match=r"2 of \d+ lack .* in one or more of 4 replications"):
        analysed(name, design, y)
    if name == "fast":  # needs every point
        return
    result = analysed(name, design, y, missing="drop")
    if name in AVERAGING:
        means = analysed(name, design, np.nanmean(y, axis=1))
        pd.testing.assert_frame_equal(result.to_frame(), means.to_frame())
        assert result.settings["dropped_points"] == []
        assert result.warnings[0].startswith(
            "averaged over the replications that have a finite value of y: 2"
        )
    else:
        lost = y.copy()
        lost[[3, 5]] = np.nan
        pd.testing.assert_frame_equal(
            result.to_frame(), analysed(name, design, lost, missing="drop").to_frame()
        )
        assert "no finite value of y in one or more of 4 replications" in result.warnings[0]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fast"])  # which needs every point
def test_an_output_with_gaps_takes_no_points_from_others(name):
    design = design_of(name)
    whole = some_outputs(design)
    gaps = whole.copy()
    gaps[[3, 5]] = np.nan
    outputs = {"gaps": gaps, "whole": whole, "other": np.exp(whole)}
    together = analysed(name, design, pd.DataFrame(outputs), missing="drop")
    assert together.outputs == list(outputs)
    for output, y in outputs.items():
        alone = analysed(name, design, y, missing="drop", outputs=[output])
        mine = together.to_frame().query("output == @output").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone.to_frame(), rtol=1e-6, atol=1e-9)
        (dropped,) = [key for key in together.settings if key.startswith("dropped_")]
        assert together.settings[dropped][output] == alone.settings[dropped]
        assert set(alone.warnings) <= set(together.warnings)
    assert together.plot(Figure().subplots(), output="whole") is not None
    assert any("finite value of gaps:" in text for text in together.warnings)
    assert not any("finite value of whole" in text for text in together.warnings)


YES_OR_NO = [
    (name, option)
    for name in NAMES
    for option in ("dummy", "interactions", "ranks", "scaled")
    if option in _options(name)
]


@pytest.mark.parametrize(("name", "option"), YES_OR_NO)
@pytest.mark.parametrize("wrong", ["no", 1, 0.0])
def test_a_choice_is_true_or_false_and_nothing_else(name, option, wrong):
    design = design_of(name)
    with pytest.raises(doe.AnalysisError, match=f"{name}: {option} takes True or False, got {wrong!r}"):
        analysed(name, design, some_outputs(design), **{option: wrong})

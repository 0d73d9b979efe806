"""Designs with blocks, given to analyses of any points: inert factors stand out as often as they should."""

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.errors import AnalysisError
from tests.analysis.helpers import lettered_space, quiet

SPACE = lettered_space()
DESIGNS = [doe.sobol(SPACE, 64, rng=seed) for seed in range(20)]


def with_noise_of_blocks(design, seed):
    """An output of the first factor alone, and of the seed, which a block shares."""
    noise = np.random.default_rng([7, seed]).normal(size=design.blocks.max() + 1)
    return design.unit[:, 0] + noise[design.blocks]


CASES = [(design, with_noise_of_blocks(design, seed)) for seed, design in enumerate(DESIGNS)]


def outside(rows):
    return (rows["low"] > 0) | (rows["high"] < 0)


def of(result, measure):
    rows = result.to_frame()
    return rows[(rows["measure"] == measure) & (rows["partner"] == "")].set_index("factor")


def stands_out(method, measure, cases=CASES, inert=("b", "c"), **options):
    """Return how often the inert factors of 20 designs are told to have an effect."""
    found = []
    for design, y in cases:
        rows = of(quiet(method, design, y, **options), measure)
        if "dummy" in rows.index:
            told = rows["estimate"] > rows.loc["dummy", "high"]
        else:
            told = rows["estimate"] < 0.05 if measure == "p" else outside(rows)
        found.append(told.loc[[*inert]])
    return np.mean(found)


# Of 40 at 5 %, more than 8 have a chance of 1e-4. As if points were independent it would be 12 to 34.
@pytest.mark.parametrize(
    ("method", "measure", "options"),
    [
        (doe.analyze.delta, "delta", {"resamples": 100}),
        (doe.analyze.delta, "S1", {"resamples": 100, "dummy": False}),
        (doe.analyze.pawn, "median", {"resamples": 100}),
        (doe.analyze.rsa, "p", {"behavioural": 0.5}),
        *(
            (doe.analyze.regression, measure, {"resamples": 100})
            for measure in ("SRC", "PCC", "SRRC", "PRCC")
        ),
        (doe.analyze.hdmr, "S", {}),
        (doe.analyze.enhanced_hdmr, "S", {"poly_order": 3}),
        (doe.analyze.response_surface, "linear", {"order": 1}),
        (doe.analyze.response_surface, "linear", {}),
    ],
)
def test_inert_factors_stand_out_no_more_often_than_by_chance(method, measure, options):
    assert stands_out(method, measure, **options) <= 0.2


def test_first_order_indices_are_right_on_average_where_blocks_share_noise():
    found = [
        of(quiet(doe.analyze.delta, d, d.unit[:, 0] + 0.5 * with_noise_of_blocks(d, k) / 2), "S1")["estimate"]
        for k, d in enumerate(DESIGNS[:10])
    ]
    # The variances of 1.25 a and of a normal law with deviation 0.25; the error of ten means is 0.02.
    truth = 1.25**2 / 12 / (1.25**2 / 12 + 0.25**2)
    np.testing.assert_allclose(np.mean(found, axis=0), [truth, 0, 0], atol=0.06)


METHODS = [
    (doe.analyze.delta, {"resamples": 100}),
    (doe.analyze.pawn, {"resamples": 100}),
    (doe.analyze.rsa, {"behavioural": 0.5}),
    (doe.analyze.regression, {"resamples": 100}),
    (doe.analyze.response_surface, {}),
    (doe.analyze.rbd_fast, {"resamples": 100}),
    (doe.analyze.hdmr, {"intervals": 2}),
    (doe.analyze.enhanced_hdmr, {"poly_order": 3}),
]


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_designs_of_blocks_of_one_point_are_as_those_without_blocks(method, options):
    plain = doe.monte_carlo(SPACE, 300, rng=1)
    y = plain.unit @ [2, 1, 0]
    single = doe.Design(SPACE, plain.unit, method="mine", options={}, blocks=np.arange(300)[::-1])
    pd.testing.assert_frame_equal(
        *(quiet(method, design, y, **options).to_frame() for design in (plain, single))
    )


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_points_that_are_missing_leave_the_rest_of_their_block(method, options):
    design = doe.sobol(SPACE, 64, rng=1)
    y = with_noise_of_blocks(design, 1)
    y[[3, 4, 17]] = np.nan
    found = quiet(method, design, y, **options, missing="drop")
    assert found.settings["dropped_points"] == [3, 4, 17]
    columns = ["estimate"] if method is doe.analyze.rsa else ["estimate", "low", "high"]
    assert np.isfinite(found.to_frame()[columns]).all(axis=None)


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_one_block_is_refused(method, options):
    design = doe.Design(
        SPACE, np.random.default_rng(1).random((90, 3)), method="mine", options={}, blocks=[0] * 90
    )
    with pytest.raises(AnalysisError, match="needs at least two blocks, got 1"):
        method(design, design.unit[:, 0], **options)


def test_p_of_rsa_is_that_of_the_blocks_where_all_points_of_one_are_the_same():
    from scipy import stats

    plain = doe.monte_carlo(lettered_space(1), 60, rng=1)
    blocks = np.repeat(np.arange(60), 4)
    design = doe.Design(plain.space, plain.unit[blocks], method="mine", options={}, blocks=blocks)
    wanted = np.random.default_rng(1).random(60) < plain.unit[:, 0]
    x = plain.unit[:, 0]
    exact = stats.permutation_test(
        (x[wanted], x[~wanted]),
        lambda one, other: stats.ks_2samp(one, other, method="asymp").statistic,
        n_resamples=999,
        alternative="greater",
        rng=2,
    )
    found = of(doe.analyze.rsa(design, wanted[blocks]), "p").loc["a", "estimate"]
    assert found == pytest.approx(exact.pvalue, abs=0.02)


def test_levels_without_an_order_have_a_p_of_shuffled_blocks_too():
    space = doe.ParameterSpace(a=doe.Real(0, 1), kind=doe.Categorical(list("uvwx")))
    told = []
    for seed in range(20):
        design = doe.sobol(space, 64, rng=seed)
        y = with_noise_of_blocks(design, seed)
        told.append(of(doe.analyze.rsa(design, y, behavioural=0.5), "p").loc["kind", "estimate"] < 0.05)
    # Of 20 at 5 %, more than 5 have a chance of 3e-4.
    assert sum(told) <= 5


def test_error_of_a_surface_is_that_of_the_block_means_where_points_of_a_block_are_the_same():
    plain = doe.monte_carlo(lettered_space(2), 50, rng=1)
    y = plain.unit @ [1, 0] + np.random.default_rng(1).normal(size=50)
    blocks = np.repeat(np.arange(50), 6)
    design = doe.Design(plain.space, plain.unit[blocks], method="mine", options={}, blocks=blocks)
    single, blocked = (
        of(doe.analyze.response_surface(d, values, order=1), "linear")
        for d, values in ((plain, y), (design, y[blocks]))
    )
    np.testing.assert_allclose(blocked["estimate"], single["estimate"], rtol=1e-9)
    ratio = (blocked["high"] - blocked["low"]) / (single["high"] - single["low"])
    # The errors of 50 points, of which the sandwich makes no use of their being alike: 15 % or so.
    np.testing.assert_allclose(ratio, 1, atol=0.35)


def test_lack_of_fit_is_not_tested_against_a_noise_that_a_block_shares():
    design = doe.sobol(SPACE, 32, rng=1)
    noise = np.random.default_rng(1).normal(size=(32, 3))[design.blocks]
    y = (design.unit[:, 0][:, None] + noise)[:, :, None]
    tested = [
        np.isfinite(
            quiet(doe.analyze.response_surface, design, y, seed_policy=policy).settings["lack_of_fit"]["y"][
                "p"
            ]
        )
        for policy in ("block", None, "independent", "common")
    ]
    assert tested == [False, False, True, True]


def test_a_surface_of_as_many_coefficients_as_points_has_no_intervals_in_blocks_either():
    design = doe.radial(lettered_space(2), 2, rng=1)
    found = quiet(doe.analyze.response_surface, design, design.unit[:, 0], order=2)
    assert found.to_frame()["low"].isna().all()


@pytest.fixture(scope="module")
def spectra():
    """What rbd_fast reads of 20 designs."""
    return [
        of(quiet(doe.analyze.rbd_fast, design, with_noise_of_blocks(design, k), resamples=100), "S1")
        for k, design in enumerate(DESIGNS)
    ]


def test_rbd_fast_reads_nothing_of_inert_factors_on_average_where_blocks_share_noise(spectra):
    # The deviation of one is 0.04, of the mean of 40 that of 0.006: as if points were independent, 0.024.
    inert = pd.concat([rows.loc[["b", "c"]] for rows in spectra])
    assert abs(inert["estimate"].mean()) < 0.016
    assert outside(inert).mean() <= 0.2


def test_intervals_of_rbd_fast_are_as_wide_as_the_estimates_of_other_designs_are_apart(spectra):
    active = pd.DataFrame([rows.loc["a"] for rows in spectra])
    # The deviation of 20 has an error of 16 %; halves of the points would be a third too narrow.
    assert ((active["high"] - active["low"]) / 3.92).mean() > 0.9 * active["estimate"].std()


@pytest.mark.parametrize(
    ("method", "options"), [(doe.analyze.hdmr, {}), (doe.analyze.enhanced_hdmr, {"poly_order": 3})]
)
def test_intervals_of_hdmr_are_as_wide_as_the_estimates_of_other_designs_are_apart(method, options):
    found = [
        of(quiet(method, design, with_noise_of_blocks(design, k), **options), "S").loc["a"]
        for k, design in enumerate(DESIGNS)
    ]
    active = pd.DataFrame(found)
    # The deviation of 20 has an error of 16 %; halves of the points would be a fifth too narrow.
    assert ((active["high"] - active["low"]) / 3.92).mean() > 0.9 * active["estimate"].std()


def test_anova_says_that_it_takes_points_of_a_block_as_independent_where_it_does():
    design = doe.morris(SPACE, 10, rng=1)
    y = design.unit[:, [0]] + np.random.default_rng(1).normal(size=(10, 2))[design.blocks]
    told = [
        any("anova takes the 40 points as independent" in text for text in found.warnings)
        for found in (
            quiet(doe.analyze.anova, design, y[:, 0], interactions=False),
            *(
                quiet(doe.analyze.anova, design, y[:, :, None], interactions=False, seed_policy=policy)
                for policy in ("block", "independent", "common")
            ),
        )
    ]
    assert told == [True, True, False, False]


@pytest.mark.parametrize("method", ["rbd_fast", "delta", "pawn", "regression"])
def test_points_by_hand_whose_factors_go_along_are_noted_as_correlated(method):
    u = np.random.default_rng(1).random((200, 3))
    u[:, 1] = (3 * u[:, 0] + u[:, 1]) / 4  # b does nothing, and reads nearly what a does
    notes = quiet(getattr(doe.analyze, method), doe.explicit(u, SPACE), u[:, 0] + u[:, 2]).notes
    assert any("the factors are correlated or constrained" in note for note in notes)
    u[:, 1] = np.random.default_rng(2).random(200)
    assert quiet(getattr(doe.analyze, method), doe.explicit(u, SPACE), u[:, 0] + u[:, 2]).notes == ()

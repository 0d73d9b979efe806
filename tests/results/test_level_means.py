import numpy as np
import pandas as pd
import pytest

from mesa_doe.results.level_means import level_means


@pytest.mark.parametrize("policy", ["independent", "block"])
@pytest.mark.parametrize("unit", [2.0**1000, 2.0**-1000, -1.0])
def test_means_and_intervals_go_along_with_the_unit_of_the_output(unit, policy):
    values = pd.DataFrame(np.random.default_rng(1).normal(5, 1, (6, 3)))
    keys = [pd.Series(list("aabbcc"))]
    plain, other = (level_means(keys, scale * values, seed_policy=policy) for scale in (1.0, unit))
    ends = ["low", "high"] if unit > 0 else ["high", "low"]
    np.testing.assert_allclose(other[["mean", *ends]] / unit, plain[["mean", "low", "high"]], rtol=1e-12)


def test_points_without_a_number_have_no_mean_and_zeros_have_one():
    keys = [pd.Series(list("ab"))]
    values = pd.DataFrame([[np.nan, np.nan], [0.0, 0.0]])
    means = level_means(keys, values, seed_policy="independent")
    assert np.isnan(means["mean"][0])
    assert means.loc[1, ["mean", "low", "high"]].tolist() == [0, 0, 0]

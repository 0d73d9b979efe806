"""Outputs that name their points: what is lacking or out of order is told, by xarray as by pandas."""

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from tests.analysis.helpers import unit_space

DESIGN = doe.sobol(unit_space(2), 16, rng=1)
Y = pd.Series(2 * DESIGN.unit[:, 0] + DESIGN.unit[:, 1], index=DESIGN.points.index, name="gini")
xarray = pytest.importorskip("xarray")


def array(series):
    return xarray.DataArray(series.to_numpy(), dims="point", coords={"point": series.index})


@pytest.mark.parametrize("kind", [pd.Series, pd.DataFrame, array])
@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_points_without_a_row_and_rows_out_of_order_are_told_by_their_names(kind, missing):
    with pytest.raises(
        doe.AnalysisError, match="needs every point, but 2 of 64 have no row in y: points 3, 9;"
    ):
        doe.analyze.sobol(DESIGN, kind(Y.drop([3, 9])), missing=missing)
    swapped = [0, 2, 1, *range(3, 64)]
    with pytest.raises(doe.AnalysisError, match="in the order of the design, but row 1 is point 2: sort it"):
        doe.analyze.sobol(DESIGN, kind(Y.loc[swapped]), missing=missing)
    with pytest.raises(doe.AnalysisError, match=r"one output a design point, .* got \(65"):
        doe.analyze.sobol(DESIGN, kind(pd.concat([Y, Y[:1]])), missing=missing)


@pytest.mark.parametrize("given", [array(Y), xarray.DataArray(Y.to_numpy(), dims="anything")])
def test_an_array_of_xarray_is_read_as_numbers_are(given):
    expected = doe.analyze.sobol(DESIGN, Y.to_numpy(), resamples=100).estimates
    pd.testing.assert_frame_equal(doe.analyze.sobol(DESIGN, given, resamples=100).estimates, expected)


def test_replications_of_xarray_are_no_outputs_whatever_their_order():
    noisy = Y.to_numpy()[:, None, None] + np.random.default_rng(1).normal(0, 0.01, size=(64, 3, 2))
    expected = doe.analyze.sobol(DESIGN, noisy, resamples=100).estimates
    given = xarray.DataArray(noisy, dims=("point", "replication", "step"))
    for dims in (given.dims, given.dims[::-1]):
        found = doe.analyze.sobol(DESIGN, given.transpose(*dims), resamples=100).estimates
        pd.testing.assert_frame_equal(found, expected)
    one = doe.analyze.sobol(DESIGN, given.isel(step=0), resamples=100)
    assert one.outputs == ["y"]
    pd.testing.assert_series_equal(one.table()["ST"], doe.analyze.sobol(DESIGN, noisy[..., :1]).table()["ST"])
    grown = doe.analyze.convergence(DESIGN, given.isel(step=0), analysis=doe.analyze.sobol, halves=2)
    assert grown.outputs == ["y"]


def test_of_several_variables_one_is_asked_for():
    given = xarray.Dataset({"gini": ("point", Y), "wealth": ("point", Y)})
    with pytest.raises(doe.AnalysisError, match=r"sobol takes one array, .*variables: 'gini', 'wealth'"):
        doe.analyze.sobol(DESIGN, given)


def test_an_xarray_of_results_is_analysed_as_the_results_are():
    configurations = DESIGN.configurations(
        lambda x0, x1, rng: {"y": x0 + rng.normal(0, 0.1)}, replications=2, rng=1
    )
    results = doe.BatchRunner(configurations).run_all()
    given = results.to_xarray()["y"].isel(step=-1)
    found = doe.analyze.sobol(DESIGN, given, seed_policy="block")
    pd.testing.assert_frame_equal(found.table(), results.sensitivity("y").table())


def test_arguments_as_salib_takes_them_are_told_how_they_are_given():
    with pytest.raises(
        doe.AnalysisError, match=r"morris takes a design and y, .* got 3 arguments; .*from_salib"
    ):
        doe.analyze.morris({"num_vars": 2}, DESIGN.unit, Y)


def test_results_in_the_place_of_a_design_are_told_how_they_are_analysed():
    results = doe.BatchRunner(DESIGN.configurations(lambda x0, x1: {"y": x0}, rng=1)).run_all()
    with pytest.raises(
        doe.AnalysisError, match=r"got Results; of results, call .*\(output, method='morris'\)"
    ):
        doe.analyze.morris(results, "y")


def test_points_may_be_integers_of_another_type():
    given = Y.set_axis(Y.index.astype("Int64"))
    expected = doe.analyze.sobol(DESIGN, Y, resamples=100).estimates
    pd.testing.assert_frame_equal(doe.analyze.sobol(DESIGN, given, resamples=100).estimates, expected)


def test_an_array_of_xarray_is_called_what_it_is_called():
    found = doe.analyze.sobol(DESIGN, array(Y).rename("gini"), resamples=100)
    assert set(found.to_frame()["output"]) == {"gini"}
    expected = doe.analyze.sobol(DESIGN, Y, resamples=100).estimates
    pd.testing.assert_frame_equal(found.estimates, expected)

"""Outputs that are huge or tiny: each picture is that of ordinary ones, in a unit that a label tells."""

from __future__ import annotations

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe import plots
from tests.plots.drawn import axes, band_at, legend_texts

BLOCKS = np.arange(200) // 4


def of_factor(draw, name, **options):
    def drawn(data, scale, ax):
        return draw(data["points"][name], data["points"]["a_long_output_name"], ax, **options)

    return drawn


def of_table(draw, table, **options):
    """Options that are in the unit of the output scale with it."""

    def drawn(data, scale, ax):
        return draw(data[table], ax, **{name: value * scale for name, value in options.items()})

    return drawn


CALLS = {
    "bars": of_table(plots.bars, "indices", reference=0.1),
    "convergence": of_table(plots.convergence, "growing", threshold=0.2),
    "fan": of_table(plots.fan, "runs"),
    "heatmap": of_table(plots.heatmap, "pairs"),
    "interaction": of_table(plots.interaction, "pair_means"),
    "main_effects": of_table(plots.main_effects, "level_means"),
    "noise_fan": of_table(plots.noise_fan, "replicated"),
    "over_time": of_table(plots.over_time, "courses"),
    "pareto": of_table(plots.pareto, "effects", limit=0.2),
    "plane": of_table(partial(plots.plane, label=False), "morris", noise_floor=0.1, sigma_floor=0.05),
    "spider": of_table(plots.spider, "curves"),
    "tornado": of_table(plots.tornado, "changes", base=10.0),
    "partial_dependence": of_factor(plots.partial_dependence, "density"),
    "partial_dependence of levels": of_factor(plots.partial_dependence, "network_kind"),
    "partial_dependence of blocks": of_factor(plots.partial_dependence, "density", blocks=BLOCKS),
    "scatter": of_factor(plots.scatter, "density"),
    "scatter of levels and blocks": of_factor(plots.scatter, "network_kind", blocks=BLOCKS),
    "cusunoro": lambda data, scale, ax: plots.cusunoro(
        data["points"][["density", "radius"]], data["points"]["a_long_output_name"], ax
    ),
    "cusunoro of blocks": lambda data, scale, ax: plots.cusunoro(
        data["points"][["density", "radius"]], data["points"]["a_long_output_name"], ax, blocks=BLOCKS
    ),
    "parallel": lambda data, scale, ax: plots.parallel(
        data["points"][["density", "radius"]],
        data["points"]["a_long_output_name"],
        ax,
        highlight=(0.0, scale),
    ),
    "replications": lambda data, scale, ax: plots.replications(
        data["replicated"]["value"].to_numpy().reshape(5, 60), ax, target=0.5 * scale
    ),
}
# Of these the axis of the output is scaled anyhow.
WITHOUT_UNIT = {"cusunoro", "cusunoro of blocks", "parallel"}
OUTPUTS = ("estimate", "low", "high", "mean", "output", "value", "a_long_output_name")


def times(data, scale):
    return {
        name: frame.assign(**{column: frame[column] * scale for column in OUTPUTS if column in frame})
        for name, frame in data.items()
    }


def places(ax):
    """Where all that shows numbers lies in the picture, in pixels."""
    ax.figure.draw_without_rendering()
    lines = [line.get_transform().transform(line.get_xydata()) for line in ax.lines]
    areas = [
        collection.get_transform().transform(path.vertices)
        for collection in ax.collections
        if not len(collection.get_offsets()) > 1
        for path in collection.get_paths()
    ]
    marks = [ax.transData.transform(collection.get_offsets()) for collection in ax.collections]
    patches = [patch.get_transform().transform(patch.get_path().vertices) for patch in ax.patches]
    images = [np.asarray(image.to_rgba(image.get_array())).reshape(-1, 4) for image in ax.images]
    return np.concatenate([*lines, *areas, *marks, *patches, *(it[:, :2] for it in images)])


def labels(ax):
    found = [ax.get_xlabel(), *(other.get_ylabel() for other in ax.figure.axes)]
    return [" ".join(label.split()) for label in found]


@pytest.mark.parametrize("name", CALLS)
def test_a_picture_is_the_same_in_any_unit_of_the_output(name, data):
    plain = CALLS[name](data, 1.0, axes())
    expected = places(plain)
    assert np.isfinite(expected).any()
    assert not any("in units of" in label for label in labels(plain))
    for power in (300, -300, -170, 120):
        scaled = CALLS[name](times(data, 10.0**power), 10.0**power, axes())
        np.testing.assert_allclose(places(scaled), expected, atol=1e-3, err_msg=f"1e{power}")
        # The largest of some tables is below one.
        units = [f"in units of 1e{power + more}" for more in (-1, 0, 1)]
        told = [any(unit in label for unit in units) for label in labels(scaled)]
        assert any(told) == (name.split(" of ")[0] not in WITHOUT_UNIT)


@pytest.mark.parametrize("name", CALLS)
def test_small_differences_of_large_outputs_are_drawn(name, data):
    if name == "plane":
        pytest.skip("its axes begin at zero")
    far = {
        key: frame.assign(**{column: 1e9 + 1e-3 * frame[column] for column in OUTPUTS if column in frame})
        for key, frame in data.items()
    }
    CALLS[name](far, 1.0, axes()).figure.draw_without_rendering()


def test_small_differences_of_large_outputs_have_the_same_curves_and_bands(data):
    points, y = data["points"], data["points"]["a_long_output_name"]
    curves = [plots.cusunoro(points[["density"]], output, axes()).lines[1] for output in (y, 1e9 + 1e-3 * y)]
    np.testing.assert_allclose(curves[1].get_ydata(), curves[0].get_ydata(), atol=1e-4)
    for blocks in (None, BLOCKS):
        near, far = (
            plots.partial_dependence(points["radius"], output, axes(), bins=1, blocks=blocks).collections[1]
            for output in (y, 1e9 + 1e-3 * y)
        )
        heights = [
            [np.ptp(segment[:, 1]) for segment in collection.get_segments()] for collection in (near, far)
        ]
        np.testing.assert_allclose(heights[1], np.multiply(heights[0], 1e-3), rtol=1e-3)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_two_points_of_two_replications_have_bands(scale):
    plain, scaled = (
        plots.replications(np.array([[1.0, 1.2], [2.0, 2.5]]) * unit, axes()) for unit in (1.0, scale)
    )
    for drawn, expected in zip(scaled.collections, plain.collections, strict=True):
        np.testing.assert_allclose(band_at(drawn, 2), band_at(expected, 2))


def test_a_target_is_told_in_the_unit_of_the_output():
    values = np.random.default_rng(1).normal(size=40)
    plain, huge = (plots.replications(values * unit, axes(), target=0.5 * unit) for unit in (1.0, 1e300))
    assert legend_texts(huge)[1] == legend_texts(plain)[1].replace("0.5", "5e+299")


def test_outputs_from_one_end_of_the_floats_to_the_other_are_drawn():
    y = np.linspace(-1, 1, 40) * np.finfo(float).max
    x = np.arange(40.0)
    for ax in (
        plots.scatter(x, y, axes()),
        plots.partial_dependence(x, y, axes()),
        plots.cusunoro(pd.DataFrame({"x": x}), y, axes()),
        plots.parallel(pd.DataFrame({"x": x}), y, axes()),
        plots.replications(y, axes()),
        plots.fan(pd.DataFrame({"run_id": range(40), "step": 0, "value": y}), axes()),
    ):
        ax.figure.draw_without_rendering()
        assert np.isfinite(ax.lines[-1].get_ydata()[1:]).all()
    assert plt.get_fignums() == []


def test_an_output_that_is_zero_has_no_unit():
    assert plots.scatter([1.0, 2.0], [0.0, 0.0], axes()).get_ylabel() == ""


def test_the_ends_of_a_range_far_from_zero_are_told_apart():
    ax = plots.parallel(pd.DataFrame({"x": [0.0, 1.0]}), [1e9 + 0.001, 1e9 + 0.005], axes())
    assert [text.get_text() for text in ax.texts][2:] == ["1000000000.001", "1000000000.005"]

"""What every kind of result has: a tidy frame, labelled arrays, and what a notebook shows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from mesa_doe.analysis.noise import VarianceSplit
from mesa_doe.analysis.recommendation import Recommendation
from mesa_doe.analysis.settling import Convergence
from mesa_doe.analysis.tabulation import Tabulation
from mesa_doe.analysis.uncertainty import Uncertainty
from mesa_doe.errors import AnalysisError

# Samples are small, and results say so; the warnings are shown like any other.
pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.MesaDoeWarning")

NOISY = np.linspace(0, 3, 60)[:, None] + np.random.default_rng(1).normal(size=(60, 4))


def split():
    y = np.stack([NOISY, NOISY**2], axis=2)
    return doe.analyze.split_variance(y, outputs=["y", "<y²>"], resamples=100)


def uncertain(**options):
    by = ["low"] * 20 + ["<high>"] * 40
    options = {"by": by, "quantiles": [0.1, 0.5], "thresholds": [1, 2], **options}
    return doe.analyze.uncertainty(NOISY, resamples=100, **options)


def tabulated():
    word = np.where(NOISY[:, 0] > 1, "<rich>", "poor")
    return doe.analyze.tabulate(word, {"n": np.arange(60) % 3, "x": np.arange(60.0)})


def recommended(**options):
    return doe.analyze.by_precision(pd.DataFrame(NOISY, index=range(100, 160)), absolute=0.5, **options)


def settled():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 32, rng=1)
    y = np.column_stack([design.unit[:, 0], design.unit.sum(axis=1)])
    return doe.analyze.convergence(
        design, y, analysis=doe.analyze.sobol, outputs=["<a>", "sum"], halves=2, resamples=100
    )


RESULTS = {
    VarianceSplit: (split, ["sources of variance", "&lt;y²&gt;", "parameters"]),
    Uncertainty: (uncertain, ["distribution of runs", "distribution of means", "&lt;high&gt;", "P(&gt; 2)"]),
    Tabulation: (tabulated, ["outcome by n", "outcome by x", "&lt;rich&gt;"]),
    Recommendation: (recommended, ["replications by precision", "most demanding is point"]),
    Convergence: (settled, ["convergence of &#x27;&lt;a&gt;&#x27;", "screening", "blocks"]),
}


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_a_notebook_shows_what_is_printed_and_escapes_it(kind):
    make, words = RESULTS[kind]
    found = make()
    assert isinstance(found, kind)
    html = found._repr_html_()
    for word in words:
        assert word in html
    notes = [line for line in repr(found).splitlines() if line.startswith("Note: ")]
    assert len(notes) == html.count("<p>Note: ")
    assert "<rich>" not in html
    assert "<y²>" not in html


def test_a_split_of_variance_as_arrays_and_drawn():
    found = split()
    cube = found.to_xarray()
    assert cube["share"].dims == ("output", "source")
    for row in found.to_frame().to_dict("records"):
        where = {"output": row["output"], "source": row["source"]}
        for name in ("variance", "variance_low", "share", "share_high"):
            assert float(cube[name].sel(where)) == row[name]
    ax = found.plot(Figure().subplots())
    widths = sorted(patch.get_width() for patch in ax.patches)
    assert widths == sorted(found.to_frame()["share"])


def test_a_distribution_as_arrays():
    found = uncertain()
    cube = found.to_xarray()
    more = {"quantile": "share", "exceedance": "threshold"}
    for row in found.to_frame().to_dict("records"):
        name = row["statistic"]
        where = {"of": row["of"], "group": row["group"]} | ({more[name]: row["at"]} if name in more else {})
        for suffix, column in (("", "estimate"), ("_low", "low"), ("_high", "high")):
            np.testing.assert_equal(float(cube[f"{name}{suffix}"].sel(where)), row[column])
    assert "quantile" not in uncertain(quantiles=[], thresholds=[]).to_xarray()


def test_groups_that_are_not_shown_are_told():
    found = uncertain(by=np.arange(60) % 7, quantiles=[], thresholds=[])
    for shown in (repr(found), found._repr_html_()):
        assert "… and 2 more groups" in shown


def test_a_tabulation_as_arrays_and_drawn_of_one_factor():
    found = tabulated()
    rows = found.to_frame()
    cube = found.to_xarray("x")
    assert cube["share"].dims == ("level", "category")
    for row in rows[rows["factor"] == "x"].to_dict("records"):
        where = {"level": row["level"], "category": row["category"]}
        for name in ("share", "low", "high", "count", "runs"):
            assert cube[name].sel(where) == row[name]
    ax = found.plot(Figure().subplots(), factor="n")
    assert ax.get_title() == "Outcome by n"
    assert len(ax.patches) == 3 * 2
    for needs_one in (found.to_xarray, found.plot):
        with pytest.raises(AnalysisError, match=r"several factors \(n, x\); choose one with factor="):
            needs_one()
    alone = doe.analyze.tabulate(["a", "b"] * 20, {"n": [1, 2] * 20})
    assert alone.to_xarray()["count"].values.tolist() == [[20, 0], [0, 20]]


def test_levels_that_are_tuples_or_lists_stay_levels():
    for levels in ([(1, 2), (3, 4)], [[1], [2]]):
        cube = doe.analyze.tabulate(["a", "b"] * 20, {"n": levels * 20}).to_xarray()
        assert cube["level"].values.tolist() == levels
        assert cube["share"].values.tolist() == [[1, 0], [0, 1]]


def test_a_recommendation_as_arrays():
    found = recommended()
    cube = found.to_xarray()
    for point, row in found.to_frame().iterrows():
        for name, value in row.items():
            assert float(cube[name].sel(point=point)) == value
    assert cube["runs"].dtype.kind == "i"
    assert not doe.analyze.by_power(cohen_f=0.25).to_xarray().data_vars


def test_convergence_as_arrays():
    found = settled()
    cube = found.to_xarray()
    assert cube["ST"].dims == ("size", "output", "factor")
    rows = found.to_frame()
    assert len(rows) == cube["ST"].size + cube["S1"].size
    for row in rows.to_dict("records"):
        here = cube[row["measure"]].sel(size=row["size"], output=row["output"], factor=row["factor"])
        assert float(here) == row["estimate"]
        assert int(here["runs"]) == row["runs"]

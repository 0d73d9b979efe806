import base64
import io

import numpy as np
import pandas as pd
import pytest

from mesa_doe.explore import clouds, pictures
from mesa_doe.plots.palette import OKABE_ITO

pytest.importorskip("matplotlib")
image = pytest.importorskip("PIL.Image", reason="pillow is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


def pixels(picture):
    data = base64.b64decode(picture.source.partition(",")[2])
    return np.asarray(image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def near(shown, x, y, reach=3):
    row, column = round(y * shown.shape[0]), round(x * shown.shape[1])
    return shown[row - reach : row + reach + 1, column - reach : column + reach + 1].reshape(-1, 3)


@pytest.mark.parametrize(
    ("factor", "by"), [("n", None), ("torus", "pace"), ("pace", "torus"), ("fail_at", "n")]
)
def test_in_a_scatter_there_is_something_where_a_click_is_answered(opened, factor, by):
    study = opened("walking")
    cloud = clouds.of_runs(study, "alive", "final")
    picture = pictures.scatter_of(cloud, "alive", factor, by, log=study.is_log(factor))
    shown = pixels(picture)
    assert len({place[2] for place in picture.places}) == len(picture.places)
    for x, y, _, label in picture.places:
        assert (near(shown, x, y) < 200).any(), label
    # Those that failed are there too, unless all of a level did.
    failed = set(study.results.runs.index[study.results.runs["status"] != "ok"])
    there = {key for _, _, key, _ in picture.places}
    assert there & failed or factor == "fail_at"
    assert set(study.results.runs.index) - failed <= there


@pytest.mark.parametrize("factors", [("n", "pace"), ("torus", "fail_at")])
def test_on_the_map_there_is_something_where_a_click_is_answered(opened, factors):
    study = opened("walking")
    cloud = clouds.of_points(study, "alive", "final")
    log = tuple(map(study.is_log, factors))
    picture = pictures.map_of(cloud, "alive", factors, log=log)
    shown = pixels(picture)
    assert [place[2] for place in picture.places] == list(range(12))
    for x, y, _, label in picture.places:
        assert (near(shown, x, y) < 200).any(), label


@pytest.mark.parametrize("log", [(False, False), (True, False)])
def test_points_that_share_their_levels_are_all_seen_beside_each_other(log):
    levels = pd.MultiIndex.from_product([[1.0, 10, 100], ["a", "b"], range(4)]).to_frame(index=False)
    levels.columns = ["dose", "kind", "other"]
    values = pd.DataFrame({"value": range(24), "failed": False}, dtype=float)
    cloud = clouds.Cloud(values.assign(failed=False), levels, 24, "points")
    picture = pictures.map_of(cloud, "y", ("dose", "kind"), log=log)
    places = np.array([place[:2] for place in picture.places])
    apart = np.abs(places[:, None] - places[None]).max(axis=-1)
    assert apart[~np.eye(24, dtype=bool)].min() > 0.002
    # Each stays nearer to its level than to any other.
    across = pd.Series(places[:, 0]).groupby(levels["dose"])
    assert (across.max().iloc[:-1].to_numpy() < across.min().iloc[1:].to_numpy()).all()
    # Where all lie apart none is moved.
    alone = clouds.Cloud(cloud.frame.iloc[::4], levels.iloc[::4], 6, "points")
    picture = pictures.map_of(alone, "y", ("dose", "kind"), log=log)
    assert len({x for x, *_ in picture.places}) == 3


def test_points_of_a_level_have_its_colour(opened):
    study = opened("noisy")
    cloud = clouds.of_runs(study, "y", "final")
    picture = pictures.scatter_of(cloud, "y", "a", "inert")
    shown = pixels(picture)
    colours = {False: OKABE_ITO[0], True: OKABE_ITO[1]}
    right = 0
    for x, y, run, _ in picture.places:
        colour = colours[study.by_run["inert"].loc[run]]
        wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        right += bool((np.abs(near(shown, x, y) - wanted).max(axis=1) < 60).any())
    # Some lie under the line of the means.
    assert right > 0.8 * len(picture.places)


def test_labels_say_what_a_point_is(opened):
    study = opened("walking")
    cloud = clouds.of_runs(study, "alive", "final")
    failed = cloud.frame["failed"].to_numpy().nonzero()[0][0]
    assert cloud.label(failed, "alive").startswith(f"run {cloud.frame.index[failed]}: failed\n")
    assert "pace" in cloud.label(failed, "alive")


@pytest.mark.parametrize("of", [clouds.of_runs, clouds.of_points])
def test_points_of_a_block_and_runs_of_a_point_count_together(opened, of):
    study = opened("noisy")
    cloud, blocks = of(study, "y", "final"), study.results.design.blocks
    points = study.results.runs["point"] if cloud.noun == "runs" else cloud.frame.index
    assert cloud.blocks.tolist() == blocks[points].tolist()
    study = opened("walking")
    cloud = of(study, "alive", "final")
    points = study.results.runs["point"] if cloud.noun == "runs" else cloud.frame.index
    assert cloud.blocks.tolist() == points.tolist()


def test_an_output_without_values_is_said_not_drawn(opened):
    cloud = clouds.of_runs(opened("walking"), "alive", "final")
    cloud.frame["value"] = np.nan
    assert "no run" in pictures.scatter_of(cloud, "alive", "n", None).problem.lower()


def test_indices_are_drawn_alone_and_over_time(opened):
    study = opened("schelling")
    for at, hold in (("final", False), ("all", True)):
        picture = pictures.of_indices(study.indices("happy", at, hold=hold).result)
        assert picture.source.startswith("data:image/png")

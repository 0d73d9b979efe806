"""Many runs into the same tables: as if each were alone, and nothing of those that were not completed."""

import itertools
import random

import mesa
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.columns import Tables
from mesa_doe.model_run import execute, execute_many, recipe_of
from mesa_doe.seeding import kept_generators
from tests.models import Walkers

SPACE = doe.ParameterSpace(n=doe.Integer(0, 6), pace=doe.Real(0, 2), fail_at=doe.Integer(-1, 8))


def configurations(model_cls=Walkers, space=SPACE, points=30, **settings):
    settings = {"max_steps": 6, "data_collection_period": 2, "seed_policy": "independent", **settings}
    return doe.monte_carlo(space, points, rng=1).configurations(model_cls, rng=2, **settings)


def run_many(configurations, **options):
    recipes = {(c.model_cls, c.scenario_cls): recipe_of(c.model_cls, c.scenario_cls) for c in configurations}
    into = Tables()
    with kept_generators():
        made = execute_many(configurations, recipes, into=into, **options)
        records = list(itertools.chain.from_iterable(made))
    return records, into


def frames(tables):
    parts = {"model": tables.model, **tables.agents, **tables.tables}
    return {name: table.to_frame() for name, table in parts.items()}


def told(record):
    return (record.run_id, record.status, record.origin, record.error, record.steps, record.notes)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True)


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("outputs", [None, {"mean": 1, "x": -1, "n": lambda model: len(model.agents)}])
def test_many_runs_are_the_runs_one_by_one(by_hand, outputs):
    runs = configurations(outputs=outputs)
    records, into = run_many(list(runs) if by_hand else runs)
    joined, alone = Tables(), []
    with kept_generators():
        for one in runs:
            record = execute(one, recipe_of(Walkers))
            alone.append(record)
            joined.extend(record.data)
    assert {record.status for record in records} == {"ok", "failed"}
    assert list(map(told, records)) == list(map(told, alone))
    assert_same(frames(into), frames(joined))
    assert_same(frames(into.compact()), frames(joined))
    assert all(record.data is into for record in records)


def test_functions_of_all_types_join_as_one_by_one():
    values = [1, 2.5, True, "a", None, [1], 2**70, np.float64(3), float("nan"), -(2**63), np.str_("z")]

    def mixed(k):
        return {"v": values[k], "step": k, k % 3: k}

    runs = configurations(mixed, doe.ParameterSpace(k=doe.Integer(0, len(values) - 1)), points=200)
    _, into = run_many(runs)
    joined = Tables()
    with kept_generators():
        for one in runs:
            joined.extend(execute(one, recipe_of(mixed)).data)
    assert_same(frames(into.compact()), frames(joined))


class Collects(mesa.Model):
    """Fails in the last of its tables to be read, when all others are known."""

    def __init__(self, bad, rng=None):
        super().__init__(rng=rng)
        mesa.Agent(self)
        self.bad = bad
        self.datacollector = mesa.DataCollector({"y": lambda m: 1}, {"a": lambda a: 2}, tables={"t": ["x"]})
        self.datacollector.collect(self)
        if bad:
            self.datacollector.tables["t"] = Broken()

    def step(self):
        pass


class Broken(dict):
    def values(self):
        raise RuntimeError("cannot be read")


def test_a_run_that_fails_while_it_is_read_leaves_no_row_and_no_column():
    space = doe.ParameterSpace(bad=doe.Boolean())
    records, into = run_many(configurations(Collects, space, points=20))
    failed = [record for record in records if record.status != "ok"]
    assert 0 < len(failed) < 20
    assert {(record.origin, record.error) for record in failed} == {("collecting", "cannot be read")}
    complete = [record.run_id for record in records if record.status == "ok"]
    for frame in frames(into).values():
        assert set(frame["run_id"]) <= set(complete)
    assert into.model.run_ids == into.agents["Agent"].run_ids == into.tables["t"].run_ids == complete


def test_a_run_out_of_time_leaves_no_row():
    def slow(hang):
        while hang:
            pass
        return {"y": 1}

    space = doe.ParameterSpace(hang=doe.Boolean())
    records, into = run_many(configurations(slow, space, points=4), timeout=0.05)
    assert {record.status for record in records} == {"ok", "timeout"}
    assert into.model.run_ids == [record.run_id for record in records if record.status == "ok"]


def test_a_model_of_each_recipe_is_found_for_configurations_made_by_hand():
    runs = [
        doe.RunConfiguration(model_cls, run_id=k, parameters={"x": k})
        for k, model_cls in enumerate((lambda x: {"y": x}, lambda x: {"y": -x}, lambda x: {"z": x}))
    ]
    _, into = run_many(runs)
    assert into.model.to_frame()["y"].fillna(9).tolist() == [0, -1, 9]


def test_each_run_seeds_the_global_generators_from_its_own_seed():
    def drawn():
        return {"r": random.random(), "n": np.random.random()}  # noqa: NPY002

    runs = [doe.RunConfiguration(drawn, run_id=k, seed=seed) for k, seed in enumerate([7, 2**32 + 8, 7])]
    _, into = run_many(runs)
    frame = into.model.to_frame()
    expected = np.random.RandomState(8).random_sample()  # 32 bits of the seed
    assert frame["r"].tolist() == [random.Random(seed).random() for seed in (7, 2**32 + 8, 7)]
    assert frame["n"][0] == frame["n"][2] != frame["n"][1] == expected


def test_runs_come_as_they_are_finished():
    made = []

    def counted(x):
        made.append(x)
        return {"y": x}

    runs = configurations(counted, doe.ParameterSpace(x=doe.Real(0, 1)), points=5)
    records = execute_many(runs, {(counted, None): recipe_of(counted)}, into=Tables())
    next(records)
    assert len(made) == 1
    records.close()

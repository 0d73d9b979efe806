"""What is told of noise: by repeated runs, and by recorded ones that have the same parameters."""

import time

import mesa
import numpy as np
import pytest

import mesa_doe as doe


def lucky(x, seed):
    """The seed decides where x is 1, and nowhere else: the runs that are repeated are not there."""
    luck = seed % 2 if x == 1 else 0
    return {"won": bool(luck), "word": "high" if luck else "low", "x": 2.0 * x}


def luckless(x, seed):
    return {"won": x > 2, "word": "high" if x > 2 else "low", "x": 2.0 * x}


def run(model, replications=6, points=5, **options):
    design = doe.explicit({"x": list(range(points))})
    runs = design.configurations(model, rng=1, replications=replications, seed_policy="independent")
    return doe.BatchRunner(runs, **options).run_all()


@pytest.mark.parametrize("options", [{}, {"store": "study"}, {"store": "study", "chunk_size": 1}])
def test_noise_that_only_recorded_replications_show_is_known_and_contradicts_no_warning(
    tmp_path, monkeypatch, options
):
    monkeypatch.chdir(tmp_path)
    results = run(lucky, **options)  # and says nothing: a warning is an error here
    assert results.noise == {"won": "seeded", "word": "seeded", "x": "none"}
    if options:
        assert doe.load("study").noise == results.noise


@pytest.mark.parametrize("options", [{}, {"store": "study", "chunk_size": 4}])
def test_replications_that_are_all_alike_are_said(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(doe.MesaDoeWarning, match="at every point the 6 replications are the same run"):
        results = run(luckless, **options)
    assert set(results.noise.values()) == {"none"}


class Hidden(mesa.Model):
    """Its number of agents is no matter of chance, their places are."""

    def __init__(self, n, rng=None):
        super().__init__(rng=rng)
        for _ in range(n):
            mesa.Agent(self).place = self.random.random()
        self.datacollector = mesa.DataCollector({"n": lambda m: len(m.agents)}, {"place": "place"})
        self.datacollector.collect(self)

    def step(self):
        self.datacollector.collect(self)


@pytest.mark.parametrize("options", [{}, {"store": "study", "chunk_size": 1}])
def test_replications_of_which_only_the_agents_differ_are_not_the_same_run(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    runs = doe.explicit({"n": [2, 3]}).configurations(
        Hidden, rng=1, replications=2, max_steps=1, seed_policy="independent"
    )
    assert doe.BatchRunner(runs, **options).run_all().noise == {"n": "none", "Agent.place": "seeded"}


def test_a_study_that_learns_of_noise_does_not_forget_it_when_it_grows(tmp_path):
    def at_first(x, seed):
        return {"won": bool(seed % 2) if x == 0 else False}

    design = doe.explicit({"x": list(range(8))})
    runs = design.configurations(at_first, rng=1, seed_policy="independent")
    assert doe.BatchRunner(runs[:4], store=tmp_path).run_all().noise == {"won": "seeded"}
    assert doe.BatchRunner(runs, store=tmp_path).run_all().noise == {"won": "seeded"}


def extinct(prey, predators, seed):
    return {"extinct": bool(np.random.default_rng(seed).normal(prey - predators, 0.15) < 0)}


def survives(prey, predators, seed):
    return {"extinct": prey < predators}


def with_seed_factor(model, n=64):
    space = doe.ParameterSpace(prey=doe.Real(0, 1), predators=doe.Real(0, 1))
    return doe.sobol(space, n, rng=3, seed_factor=True).configurations(model, rng=2)


def test_a_seed_factor_that_only_recorded_runs_show_at_work_is_not_called_useless():
    for rng in range(3):
        space = doe.ParameterSpace(prey=doe.Real(0, 1), predators=doe.Real(0, 1))
        design = doe.sobol(space, 64, rng=rng, seed_factor=True)
        results = doe.BatchRunner(design.configurations(extinct, rng=rng)).run_all()
        assert results.noise == {"extinct": "seeded"}


def test_a_seed_factor_that_changed_no_recorded_run_is_said_to_do_nothing():
    with pytest.warns(doe.MesaDoeWarning, match="all runs that differ in their seed alone .* does nothing"):
        doe.BatchRunner(with_seed_factor(survives)).run_all()


def test_a_seed_factor_is_judged_by_the_repeated_runs_alone_where_no_others_differ_in_it_alone():
    part = with_seed_factor(survives)[:2]
    with pytest.warns(doe.MesaDoeWarning, match="in the few runs that were repeated, .*if the model draws"):
        doe.BatchRunner(part).run_all()


def test_equal_runs_of_one_seed_that_differ_show_noise_that_no_seed_reaches():
    made = []

    def drifting(x):
        made.append(x)
        return {"late": len(made) == 2}  # of the four runs, and none of the repeated ones

    design = doe.explicit([{"x": x} for x in (0, 1, 1, 2)])
    with pytest.warns(doe.MesaDoeWarning, match="no seed reaches the randomness of 'late'"):
        results = doe.BatchRunner(design.configurations(drifting, rng=1, seed_policy="common")).run_all()
    assert results.noise == {"late": "unseeded"}


def toss(a, b, seed):
    return {"won": bool(np.random.default_rng(seed).normal(a, 0.1) > 0.5), "b": b}


@pytest.mark.parametrize("rng", range(5))
def test_noise_of_an_output_of_few_values_is_found_without_replications(rng):
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 200, rng=rng)
    runs = design.configurations(toss, rng=rng, seed_policy="independent")
    assert doe.BatchRunner(runs).run_all().noise == {"won": "seeded", "b": "none"}


def test_no_more_runs_are_repeated_than_cost_next_to_nothing():
    made = []

    def slow(x, seed):
        made.append(seed)
        time.sleep(0.05)
        return {"y": x > 3}

    doe.BatchRunner(doe.explicit({"x": list(range(10))}).configurations(slow, rng=1)).run_all()
    assert len(made) <= 10 + 3 * 3


def test_replications_in_a_list_tell_of_noise_as_those_of_a_design_do():
    made = []

    def rare(x, seed):
        made.append(seed)
        return {"y": x > 3}

    runs = doe.explicit({"x": list(range(10))}).configurations(rare, rng=1, replications=2)
    with pytest.warns(doe.MesaDoeWarning, match="the 2 replications are the same run"):
        doe.BatchRunner(runs).run_all()
    of_a_design, made[:] = len(made), []
    doe.BatchRunner(list(runs)).run_all()
    assert len(made) == of_a_design == 20 + 3 * 3


def test_the_only_point_of_a_design_of_constants_has_no_others_like_it():
    design = doe.explicit([{"x": 3}])
    assert doe.BatchRunner(design.configurations(luckless, rng=1)).run_all().noise["won"] == "none"


def test_replications_are_judged_by_the_repeated_runs_alone_where_no_others_share_a_point():
    design = doe.explicit({"x": list(range(5))})
    runs = design.configurations(luckless, rng=1, replications=6, seed_policy="independent")
    with pytest.warns(
        doe.MesaDoeWarning, match="few runs that were repeated.*the 6 replications are the same"
    ):
        doe.BatchRunner(runs[::6]).run_all()


class Forgetful(mesa.Model):
    """Its agents, and when it ends, hang on a generator of its own, whatever the seed."""

    def __init__(self, x=0.5, inert=0.0, rng=None):
        super().__init__(rng=rng)
        self._own = np.random.default_rng()
        for _ in range(3):
            mesa.Agent(self).w = x + self._own.normal()
        self.datacollector = mesa.DataCollector({"x": lambda m: x, "inert": "inert"}, {"w": "w"})
        self.inert = 0

    def step(self):
        self.running = bool(self._own.random() > 0.1)
        self.datacollector.collect(self)


def forgetful(n=16, **options):
    space = doe.ParameterSpace(x=doe.Real(0, 1), inert=doe.Real(0, 1))
    return doe.sobol(space, n, rng=1).configurations(Forgetful, rng=2, max_steps=200, **options)


def test_noise_of_agents_and_of_lengths_that_no_seed_reaches_is_known_and_said():
    with pytest.warns(doe.MesaDoeWarning, match=r"no seed reaches the randomness of 'Agent\.w', 'steps'"):
        results = doe.BatchRunner(forgetful()).run_all()
    assert results.noise == {"x": "none", "inert": "none", "Agent.w": "unseeded", "steps": "unseeded"}
    for name, options in (("w", {"reduce": "mean"}), ("Agent.w", {"reduce": "mean"}), ("steps", {})):
        with pytest.warns(doe.MesaDoeWarning, match="noise inflates every total index"):
            found = results.sensitivity(name, **options)
        assert found.settings["seed_policy"] == "independent"


def test_noise_of_agents_that_follows_the_seed_is_known():
    runs = doe.explicit({"n": [2, 3]}).configurations(Hidden, rng=1, max_steps=1)
    assert doe.BatchRunner(runs).run_all().noise == {"n": "none", "Agent.place": "seeded"}


def own_generator(a, b):
    return {"y": a + np.random.default_rng().normal()}


def of_own_generator():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    return doe.sobol(space, 8, rng=1).configurations(own_generator, rng=2)


def test_noise_is_looked_for_where_parts_of_an_array_job_made_all_runs(tmp_path):
    parts = [doe.BatchRunner(of_own_generator(), store=tmp_path) for _ in range(2)]
    assert parts[0].run_shard(0, of=2).noise == {}
    with pytest.warns(doe.MesaDoeWarning, match="no seed reaches the randomness of 'y'"):
        results = parts[1].run_shard(1, of=2)
    assert len(results) == 32
    assert results.noise == doe.load(tmp_path).noise == {"y": "unseeded"}


def test_noise_that_was_not_looked_for_is_with_the_next_call(tmp_path):
    doe.BatchRunner(of_own_generator(), store=tmp_path).run_all(learn_noise=False)
    with pytest.warns(doe.MesaDoeWarning, match="no seed reaches the randomness of 'y'"):
        assert doe.BatchRunner(of_own_generator(), store=tmp_path).run_all().noise == {"y": "unseeded"}


def test_what_is_known_of_noise_is_not_looked_for_again(tmp_path):
    made = []

    def model(x):
        made.append(x)
        return {"y": x}

    runs = doe.explicit({"x": [1, 2]}).configurations(model, rng=1)
    for _ in range(2):
        doe.BatchRunner(runs, store=tmp_path).run_all()
    assert len(made) == 2 + 2 * 3

"""Studies to look at, and a model that draws from every generator there is."""

import random
import sys

import mesa
import numpy as np

import mesa_doe as doe
from tests import models
from tests.report.pages import run


class Drawing(mesa.Model):
    """Draws from its own generators and from the global ones, when it is built and at each step."""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.total = random.random()
        self.datacollector = mesa.DataCollector({"total": "total"})
        self.datacollector.collect(self)

    def step(self):
        self.total += self.scale * (
            self.random.random() + random.random() + float(np.random.random())  # noqa: NPY002
        )
        self.running = self.total < 12
        self.datacollector.collect(self)


class Quitting(mesa.Model):
    """Ends its process, or means to, in its second step."""

    def __init__(self, n=1, **kwargs):
        super().__init__(**kwargs)
        self.n = n
        self.datacollector = mesa.DataCollector({"n": "n"})
        self.datacollector.collect(self)

    def step(self):
        if self.steps == 2:
            sys.exit("enough")
        self.datacollector.collect(self)


class Panic(BaseException):
    """As what an extension in Rust raises when it panics."""


class Panicking(Quitting):
    """Raises what is no Exception in its second step."""

    def step(self):
        if self.steps == 2:
            raise Panic("enough")
        self.datacollector.collect(self)


def draws_too(model):
    """Draw where the run reads it."""
    return model.total + random.random()


SETTINGS = {"replications": 2, "max_steps": 5, "data_collection_period": 1, "seed_policy": "independent"}


def walking(store=None):
    """Make a study over time of which half of the runs fail at a step, and runs end apart."""
    space = doe.ParameterSpace(
        n=doe.Integer(1, 10),
        fail_at=doe.Discrete([-1, 3]),
        pace=doe.Real(0.1, 2, log=True),
        torus=doe.Boolean(),
    )
    return run(doe.latin_hypercube(space, 12, rng=1), models.Walkers, store=store, **SETTINGS)


def drawing(store=None):
    """Make a study whose model draws from everywhere."""
    design = doe.latin_hypercube(doe.ParameterSpace(scale=doe.Real(0.5, 2)), 6, rng=1)
    outputs = {"total": None, "drawn": draws_too}
    return run(design, Drawing, store=store, outputs=outputs, **{**SETTINGS, "max_steps": 8})


def quitting(store=None):
    """Make a study whose model calls sys.exit."""
    return run(doe.grid(doe.ParameterSpace(n=doe.Integer(1, 2)), 2), Quitting, store=store, **SETTINGS)


def panicking(store=None):
    """Make a study whose model panics."""
    return run(doe.grid(doe.ParameterSpace(n=doe.Integer(1, 2)), 2), Panicking, store=store, **SETTINGS)


def noisy(store=None):
    """Make a Sobol study of a plain function."""
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Boolean())
    return run(doe.sobol(space, 8, rng=1), models.noisy, store=store, replications=2, seed_policy="block")


def schelling(store=None):
    """Make a small study of Mesa's own example."""
    from mesa.examples import Schelling

    space = doe.ParameterSpace(
        density=doe.Real(0.6, 0.9), homophily=doe.Real(0.3, 0.7), radius=doe.Integer(1, 2), width=8, height=8
    )
    return run(
        doe.sobol(space, 4, rng=1), Schelling, store=store, max_steps=3, data_collection_period=1,
        seed_policy="block",
    )  # fmt: skip

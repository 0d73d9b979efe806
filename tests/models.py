"""Small models with known answers, importable in worker processes."""

import math

import mesa
import numpy as np

ISHIGAMI_S1 = {"x1": 0.313905, "x2": 0.442411, "x3": 0.0}
ISHIGAMI_ST = {"x1": 0.557589, "x2": 0.442411, "x3": 0.243684}
ISHIGAMI_S2 = {("x1", "x2"): 0.0, ("x1", "x3"): 0.243684, ("x2", "x3"): 0.0}

SOBOL_G_A = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)


def sobol_g_indices() -> tuple[dict[str, float], dict[str, float]]:
    """First- and total-order indices of Sobol's G function (closed form; Saltelli & Sobol 1995)."""
    partial = [1 / (3 * (1 + a) ** 2) for a in SOBOL_G_A]
    total = math.prod(1 + v for v in partial) - 1
    first = {f"x{i}": v / total for i, v in enumerate(partial)}
    all_orders = {f"x{i}": v * math.prod(1 + w for j, w in enumerate(partial) if j != i) / total
                  for i, v in enumerate(partial)}  # fmt: skip
    return first, all_orders


def ishigami(x1, x2, x3):
    return {"y": math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)}


def sobol_g(parameters):
    return {"y": math.prod((abs(4 * parameters[f"x{i}"] - 2) + a) / (1 + a) for i, a in enumerate(SOBOL_G_A))}


def ishigami_of_x(x):
    return {"y": ishigami(x, x, x)["y"]}


NOISE = 0.3


def noisy(a, b, inert, rng):
    """Variance of a + b/2 + noise: 1/12, 1/48 and 0.09 for a, b and the noise; inert does nothing."""
    return {"y": a + 0.5 * b + NOISE * rng.normal(), "exact": a + 0.5 * b}


class Walkers(mesa.Model):
    """Random walkers that die at random: every kind of data that a collector can hold."""

    def __init__(self, n=5, pace=1.0, torus=False, fail_at=-1, **kwargs):
        super().__init__(**kwargs)
        self.pace = pace
        self.fail_at = fail_at
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "mean": lambda m: float(np.mean([a.x for a in m.agents])) if len(m.agents) else None,
                "alive": lambda m: len(m.agents),
                "torus": lambda m: "ring" if torus else "line",
            },
            agent_reporters={"x": "x"},
            tables={"deaths": ["agent", "at"]},
        )
        for _ in range(n):
            Walker(self)
        self.datacollector.collect(self)

    def step(self):
        if self.fail_at == len(self.datacollector.model_vars["alive"]):
            raise ZeroDivisionError("told to fail")
        for agent in list(self.agents):
            agent.x += self.pace * self.random.gauss(0, 1)
            if self.random.random() < 0.1:
                row = {"agent": agent.unique_id, "at": agent.x}
                self.datacollector.add_table_row("deaths", row)
                agent.remove()
        self.running = len(self.agents) > 0
        self.datacollector.collect(self)


class Walker(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.x = 0.0

"""``mesa-doe example NAME``: a study file of a model that Mesa brings along, ready to run and to change."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mesa_doe.errors import ConfigurationError, did_you_mean

__all__ = ["EXAMPLES", "add_example"]

_WOLF_SHEEP = """\
# Which parameters decide whether wolves and sheep live on? A screening by Morris' method.
# Check it with `mesa-doe plan wolf-sheep.toml`, run it with `mesa-doe run wolf-sheep.toml`.

[model]
class = "mesa.examples:WolfSheep"   # or file = "my_model.py" and class = "MyModel"

[space]                             # what varies, and over what; the names are the model's
initial_sheep = {integer = [50, 150]}
initial_wolves = {integer = [10, 60]}
sheep_reproduce = {real = [0.02, 0.08]}
wolf_reproduce = {real = [0.02, 0.08]}
wolf_gain_from_food = {integer = [10, 30]}
grass_regrowth_time = {integer = [10, 50]}
width = 20                          # a plain value does not vary
height = 20

[design]                            # which points are run; `mesa-doe designs` lists the methods
method = "morris"
n = 10                              # trajectories, of 7 points each
rng = 1                             # the same points each time

[runs]
replications = 2
rng = 2                             # the same seeds each time
seed_policy = "block"
max_steps = 40
data_collection_period = 1          # every step is kept; without it, the last

[batch]
n_jobs = -1                         # all cores

[[analysis]]
output = ["Sheep", "Wolves"]
at = "mean"                         # over the steps; by default the last one counts
"""

_SCHELLING = """\
# What makes neighbours happy in Schelling's model, and how much of it is chance? Sobol indices.
# Check it with `mesa-doe plan schelling.toml`, run it with `mesa-doe run schelling.toml`.

[model]
class = "mesa.examples:Schelling"

[space]
density = {real = [0.5, 0.95]}
minority_pc = {real = [0.2, 0.5]}
homophily = {real = [0.2, 0.6]}
radius = {integer = [1, 2]}
width = 10
height = 10

[design]
method = "sobol"
n = 64                              # blocks, of 7 points each; a power of two
seed_factor = true                  # the model's seed is one more factor
rng = 1

[runs]
rng = 2
max_steps = 12
data_collection_period = 1

[batch]
n_jobs = -1

[[analysis]]
output = "pct_happy"
at = "mean"
"""

_VIRUS = """\
# What drives an epidemic on a network? One Latin hypercube, two analyses.
# Check it with `mesa-doe plan virus.toml`, run it with `mesa-doe run virus.toml`.

[model]
class = "mesa.examples:VirusOnNetwork"

[space]
virus_spread_chance = {real = [0.1, 0.9]}
virus_check_frequency = {real = [0.1, 0.9]}
recovery_chance = {law = "beta", args = [2, 4]}       # any law of scipy.stats
gain_resistance_chance = {real = [0.0, 1.0]}
avg_node_degree = {discrete = [2, 4, 8]}
num_nodes = 50
initial_outbreak_size = 3

[design]
method = "latin_hypercube"
n = 200
rng = 1

[runs]
replications = 2
rng = 2
seed_policy = "independent"
max_steps = 50
outputs = ["Infected", "Resistant"]

[batch]
n_jobs = -1

[[analysis]]
output = "Resistant"
method = "regression"               # `mesa-doe analyses` lists the methods

[[analysis]]
output = "Resistant"
method = "pawn"
"""

_BOLTZMANN = """\
# Does inequality depend on how many agents there are, or on the room that they have? A full factorial design.
# Check it with `mesa-doe plan boltzmann.toml`, run it with `mesa-doe run boltzmann.toml`.

[model]
class = "mesa.examples:BoltzmannWealth"

[space]
n = {discrete = [10, 50, 250]}
width = {discrete = [5, 10, 20]}
height = {derived = "width"}        # computed for each point

[design]
method = "full_factorial"

[runs]
replications = 10
rng = 2
seed_policy = "independent"
max_steps = 50
outputs = "Gini"

[batch]
n_jobs = -1

[[analysis]]
output = "Gini"
method = "anova"
"""

_EPSTEIN = """\
# What keeps a population quiet in Epstein's model of civil violence? A two-level design.
# Check it with `mesa-doe plan epstein.toml`, run it with `mesa-doe run epstein.toml`.

[model]
class = "mesa.examples:EpsteinCivilViolence"

[space]
legitimacy = {real = [0.5, 0.8]}
cop_density = {real = [0.03, 0.09]}
citizen_vision = {integer = [2, 5]}
max_jail_term = {integer = [10, 100]}
width = 15
height = 15

[design]
method = "two_level_factorial"

[runs]
replications = 3
rng = 2
seed_policy = "independent"
max_steps = 20
data_collection_period = 1
outputs = ["active", "arrested"]

[batch]
n_jobs = -1

[[analysis]]
output = ["active", "arrested"]
at = "mean"
"""

_PD_GRID = """\
# Does the order in which neighbours act decide whether they cooperate? The prisoner's dilemma on a grid.
# Check it with `mesa-doe plan pd-grid.toml`, run it with `mesa-doe run pd-grid.toml`.

[model]
class = "mesa.examples:PdGrid"

[space]
activation_order = {categorical = ["Sequential", "Random", "Simultaneous"]}
width = {discrete = [10, 20]}
height = 20

[design]
method = "full_factorial"

[runs]
replications = 10
rng = 2
seed_policy = "independent"
max_steps = 10
outputs = "Cooperating_Agents"

[batch]
n_jobs = -1

[[analysis]]
output = "Cooperating_Agents"
method = "anova"
"""

_SUGARSCAPE = """\
# How many traders does the sugarscape feed, and what decides that? Halton's points, and a regression.
# Check it with `mesa-doe plan sugarscape.toml`, run it with `mesa-doe run sugarscape.toml`.

[model]
class = "mesa.examples:SugarscapeG1mt"

[space]
initial_population = {integer = [50, 150]}
metabolism_max = {integer = [3, 7]}
vision_max = {integer = [4, 10]}
endowment_max = {integer = [30, 80]}
vision_min = 4                      # who sees less finds no free place where traders stand close, and fails

[design]
method = "halton"
n = 64
rng = 1

[runs]
rng = 2
seed_policy = "independent"
max_steps = 20
outputs = ["#Traders", "Trade Volume"]

[batch]
n_jobs = -1

[[analysis]]
output = "#Traders"
method = "regression"
"""

#: Study files by name.
EXAMPLES = {
    "boltzmann": _BOLTZMANN,
    "epstein": _EPSTEIN,
    "pd-grid": _PD_GRID,
    "schelling": _SCHELLING,
    "sugarscape": _SUGARSCAPE,
    "virus": _VIRUS,
    "wolf-sheep": _WOLF_SHEEP,
}


def add_example(commands: Any) -> None:
    """Add the command.

    Parameters
    ----------
    commands : argparse's sub-parsers
    """
    parser = commands.add_parser(
        "example",
        help="write a study file to begin with",
        description=f"Write NAME.toml, the study of a model that Mesa brings along: {', '.join(EXAMPLES)}. "
        "Each runs in less than a minute.",
        epilog="Exit codes: 0 the file is written; 1 there is no such example, or the file exists.",
    )
    name = parser.add_argument("name", metavar="NAME", help="which one")
    name.names = lambda: EXAMPLES
    parser.set_defaults(run=_example)


def _example(arguments: argparse.Namespace) -> int:
    name = arguments.name
    if name not in EXAMPLES:
        hint = did_you_mean(name, EXAMPLES)
        message = f"there is no example {name!r}: {hint}there are {', '.join(EXAMPLES)}"
        raise ConfigurationError(message)
    path = Path(f"{name}.toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(EXAMPLES[name])
    except FileExistsError as error:
        message = f"{path} exists, and is not overwritten"
        raise ConfigurationError(message) from error
    except OSError as error:
        message = f"{path} cannot be written: {error}"
        raise ConfigurationError(message) from error
    print(f"{path} is written: mesa-doe run {path}")
    return 0

"""What the page *The command line* shows of study files is taken by the command, as it stands there."""

import re
import shutil
import sys
import tomllib

import mesa
import pytest
import scipy
from scipy import stats

import mesa_doe as doe
from mesa_doe.cli.study_file import read_study
from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_space import read_space
from tests.cli.studies import command
from tests.docs.blocks import DOCS, blocks, shell, take

COMPLETION = take("command_line.md", "sh")
FRAGMENTS = blocks("command_line.md", "toml")

MODEL = """
import mesa

{scenario}

def count_rich(model):
    return 3


class Market(mesa.Model):
    def __init__(self, low=0.0, high=1.0, order="fixed", radius=1, rng=None{argument}):
        super().__init__(rng=rng)
        self.happy, self.segregation = low + self.random.random(), high
        self.datacollector = mesa.DataCollector(
            {{"happy": "happy", "segregation": "segregation"}}, agent_reporters={{"x": "unique_id"}}
        )
        mesa.Agent(self)

    def step(self):
        self.datacollector.collect(self)
"""

STUDY = """
[model]
class = "my_package.models:Market"

[space]
low = {real = [0, 1]}
high = {real = [0, 2]}
order = {categorical = ["random", "fixed"]}
radius = {integer = [1, 4]}

[design]
method = "sobol"
n = 4
rng = 1

[runs]
rng = 2
max_steps = 3
data_collection_period = 1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    plain = MODEL.format(scenario="", argument="")
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "models.py").write_text(plain)
    (tmp_path / "market.py").write_text(plain)
    (tmp_path / "my_outputs.py").write_text("def gini(model):\n    return 0.5\n")
    yield tmp_path
    for name in ("my_package.models", "my_package", "market", "my_outputs"):
        sys.modules.pop(name, None)


def sections():
    """Return the fragments by the section that they are of."""
    keys = ("file", "extend")
    return {
        " ".join([block.split("\n")[0].split(" =")[0], *(key for key in keys if f"{key} =" in block)]): block
        for block in FRAGMENTS
    }


def with_section(header, block):
    """Return the study with a section in place of its own."""
    before, _, rest = STUDY.partition(header)
    _, _, after = rest.partition("\n[")
    return f"{before}{block}\n" + (f"[{after}" if after else "")


def test_all_fragments_are_looked_at():
    assert sorted(sections()) == [
        "[[analysis]]", "[design]", "[design] extend", "[model]", "[model] file", "[runs]",
        "[space.options]", "outputs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["[design]", "[design] extend", "[model]", "[runs]", "[space.options]", "[[analysis]]", "outputs"]
)
@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_a_fragment_is_taken_in_a_study(folder, name):
    block = sections()[name]
    if name == "outputs":
        text = with_section("[runs]", f"[runs]\nrng = 2\n{block}")
    elif (header := name.removesuffix(" extend")) in STUDY:
        text = with_section(header, block)
    else:
        text = f"{STUDY}\n{block}"
        if "correlation" in block:  # which a Sobol design has none of
            text = text.replace('"sobol"', '"monte_carlo"')
    (folder / "study.toml").write_text(text)
    assert len(read_study(folder / "study.toml").runner().configurations)


@pytest.mark.skipif(not hasattr(mesa.model, "Scenario"), reason="Scenario came with Mesa 3.5")
def test_the_model_in_a_file_is_taken_with_its_scenario(folder):
    scenario = "from mesa.experimental.scenarios import Scenario\n\n\nclass MarketScenario(Scenario):\n"
    names = ("low: float = 0.0", "high: float = 1.0", 'order: str = "fixed"', "radius: int = 1")
    scenario += "".join(f"    {name}\n" for name in names)
    text = MODEL.format(scenario=scenario, argument="")
    text = re.sub(r"self, low=.*rng=None", "self, scenario: MarketScenario | None = None", text)
    text = text.replace("__init__(rng=rng)", "__init__(scenario=scenario)")
    text = text.replace("low +", "scenario.low +").replace("high\n", "scenario.high\n", 1)
    (folder / "market.py").write_text(text)
    (folder / "study.toml").write_text(with_section("[model]", sections()["[model] file"]))
    study = read_study(folder / "study.toml")
    assert len(study.runner().configurations)
    assert study.configurations.scenario_cls.__name__ == "MarketScenario"


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_the_analysis_of_the_page_is_made(folder):
    text = STUDY.replace("n = 4", "n = 16\nsecond_order = true") + sections()["[[analysis]]"]
    (folder / "study.toml").write_text(text)
    assert "sobol: 'segregation'" in command("run", folder / "study.toml")


def rows():
    """Return what the page writes of each kind of axis, in a file and in Python."""
    text = (DOCS / "command_line.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(\w+) = (.*)` \| (?:`(.*)`|a constant.*) \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("name", "value", "python"), rows(), ids=[name for name, *_ in rows()])
def test_an_entry_of_the_space_is_what_the_page_says(tmp_path, name, value, python):
    others = {"height": 5, "x": doe.Real(0, 1), "width": 2}
    others.pop(name, None)
    lines = {"height": "5", "x": "{real = [0, 1]}", "width": "2", name: value}
    text = "".join(f"{one} = {lines[one]}\n" for one in [*others, name])
    (tmp_path / "study.toml").write_text(f"[space]\n{text}")
    file = TomlFile(tmp_path / "study.toml")
    space = read_space(file)
    file.check()
    if python:
        # Dots stand for what the other side says.
        written = tomllib.loads(f"x = {value}")["x"]
        for key in ("categorical", "weights"):
            python = python.replace("[...]", repr(written.get(key)), 1)
        expected = eval(python, {"doe": doe, "stats": stats, "scipy": scipy})
        assert space.to_dict() == doe.ParameterSpace({**others, name: expected}).to_dict()
    else:
        assert space.constants[name] == {"width": 20, "corners": [0, 19], "kind": "real"}[name]


def test_every_row_of_the_table_is_looked_at():
    assert len(rows()) == 13


# ---- completion ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("bash", "", "complete -p mesa-doe"),
        ("zsh", "autoload -U compinit && compinit -u -D", "print $_comps[mesa-doe]"),
    ],
)
def test_the_line_for_a_shell_makes_it_complete(tmp_path, name, before, after):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    [line] = [line for line in COMPLETION.splitlines() if f"completion {name}" in line]
    assert "_mesa_doe" in shell(f"{before}\n{line}\n{after}", tmp_path, name)


def test_the_file_for_fish_is_written(tmp_path):
    [line] = [line for line in COMPLETION.splitlines() if "completion fish" in line]
    (tmp_path / ".config" / "fish" / "completions").mkdir(parents=True)
    shell(line, tmp_path, HOME=str(tmp_path))
    assert "complete -c mesa-doe" in (tmp_path / ".config/fish/completions/mesa-doe.fish").read_text()

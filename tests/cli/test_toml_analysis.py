import inspect
import json

import pytest

import mesa_doe as doe
from mesa_doe.analysis import ANALYSES
from mesa_doe.cli.toml_analysis import options_of, read_analyses
from mesa_doe.cli.toml_file import TomlFile
from tests.cli.studies import written

SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
DESIGNS = {
    "sobol": lambda: doe.sobol(SPACE, 8, rng=1),
    "morris": lambda: doe.morris(SPACE, 4, rng=1),
    "fast": lambda: doe.fast(SPACE, 65, rng=1),
    "finite_difference": lambda: doe.finite_difference(SPACE, 8, rng=1),
    "radial": lambda: doe.radial(SPACE, 8, rng=1),
    "shapley": lambda: doe.shapley(SPACE, 8, rng=1),
    "base_case": lambda: doe.base_case(SPACE, 3),
    "full_factorial": lambda: doe.full_factorial(SPACE, 2),
    "": lambda: doe.latin_hypercube(SPACE, 400, rng=1),
}
# Any text is a kind of discrepancy until SALib looks at it.
FREE = {("discrepancy", "kind")}
OPTIONS = [
    (name, option)
    for name, info in sorted(ANALYSES.items())
    for option in options_of(info.function)
    if (name, option) not in FREE
]


def design_for(name):
    fit = ANALYSES[name].designs or ("",)
    return next(make() for method, make in DESIGNS.items() if method in fit)


@pytest.mark.parametrize(("name", "option"), OPTIONS)
@pytest.mark.parametrize("value", ["[1]", "'nonsense'", "-1"])
def test_a_wrong_value_of_any_option_is_told_before_there_are_results(tmp_path, name, option, value):
    text = f'[[analysis]]\noutput = "y"\nmethod = "{name}"\n{option} = {value}\n'
    file = TomlFile(written(tmp_path, text))
    read_analyses(file, design_for(name))
    with pytest.raises(doe.ConfigurationError, match=rf"line 4: analysis\[0\]\.{option}") as told:
        file.check()
    assert "mistakes" not in str(told.value)


@pytest.mark.parametrize("name", sorted(ANALYSES))
def test_the_defaults_of_all_options_are_taken(tmp_path, name):
    parameters = inspect.signature(ANALYSES[name].function).parameters
    given = {option: parameters[option].default for option in options_of(ANALYSES[name].function)}
    spelled = {name: json.dumps(value) for name, value in given.items() if value is not None}
    text = f'[[analysis]]\noutput = "y"\nmethod = "{name}"\n'
    text += "".join(f"{option} = {value}\n" for option, value in spelled.items())
    file = TomlFile(written(tmp_path, text))
    [read] = read_analyses(file, design_for(name))
    file.check()
    assert read.options == {"method": name, **{option: given[option] for option in spelled}}

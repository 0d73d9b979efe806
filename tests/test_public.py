import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import mesa_doe

SURFACE = [
    "AnalysisError",
    "BatchRunner",
    "Boolean",
    "Categorical",
    "ConfigurationError",
    "Configurations",
    "Constant",
    "Derived",
    "Design",
    "DesignError",
    "Discrete",
    "Integer",
    "Law",
    "MesaDoeError",
    "MesaDoeWarning",
    "MissingDependencyError",
    "ParameterSpace",
    "Progress",
    "Real",
    "Results",
    "Run",
    "RunConfiguration",
    "SensitivityResult",
    "SpaceError",
    "StudyError",
    "Until",
    "a_optimal",
    "analyze",
    "archive",
    "base_case",
    "batch_run",
    "box_behnken",
    "central_composite",
    "check_factors",
    "check_reproducible",
    "concat",
    "cross",
    "d_optimal",
    "definitive_screening",
    "doehlert",
    "explicit",
    "explorer",
    "fast",
    "finite_difference",
    "folded_hadamard",
    "fractional_factorial",
    "from_salib",
    "full_factorial",
    "generalized_subset",
    "grid",
    "halton",
    "i_optimal",
    "iman_conover_lhs",
    "korobov",
    "latin_hypercube",
    "latin_hypercube_pydoe",
    "load",
    "load_design",
    "maximin",
    "maxpro",
    "minimax",
    "monte_carlo",
    "morris",
    "nearly_orthogonal_lhs",
    "nested_lhs",
    "orthogonal_array",
    "orthogonal_array_lhs",
    "plackett_burman",
    "poisson_disk",
    "radial",
    "random_k_means",
    "rank1_lattice",
    "rbd_fast",
    "run",
    "run_until",
    "shapley",
    "sliced_lhs",
    "sobol",
    "sobol_sequence",
    "sparse_grid",
    "sukharev_grid",
    "two_level_factorial",
    "write_report",
]

#: What `import mesa_doe` must not import: each of these is imported where it is used.
HEAVY = [
    "SALib", "joblib", "matplotlib", "mesa", "networkx", "pyDOE3", "pydoe", "scipy.stats", "solara", "tqdm",
]  # fmt: skip


def walk():
    return [
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(mesa_doe.__path__, "mesa_doe.")
        if not info.name.endswith("__main__")
    ]


MODULES = walk()


def public_objects():
    """Yield every public function, class and method that the package defines itself."""
    for module in MODULES:
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value
            elif inspect.isclass(value):
                yield f"{module.__name__}.{name}", value
                for attribute, member in vars(value).items():
                    if attribute.startswith("_"):
                        continue
                    function = unwrapped(member)
                    if inspect.isfunction(function):
                        yield f"{module.__name__}.{name}.{attribute}", function


def unwrapped(member):
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


OBJECTS = dict(public_objects())


def test_the_public_names_are_held():
    assert mesa_doe.__all__ == SURFACE == sorted(SURFACE)


@pytest.mark.parametrize("name", SURFACE)
def test_every_public_name_exists_and_is_documented(name):
    value = getattr(mesa_doe, name)
    assert inspect.getdoc(value)
    assert value.__doc__  # its own, not that of a base


def test_the_version_is_that_of_the_project():
    assert mesa_doe.__version__.count(".") == 2


def test_the_package_is_typed():
    from importlib.resources import files

    assert files("mesa_doe").joinpath("py.typed").is_file()


def test_import_stays_light():
    code = f"""
import sys, mesa_doe
assert mesa_doe.ParameterSpace(x=mesa_doe.Real(0, 1), n=mesa_doe.Integer(1, 4)).names == ("x", "n")
heavy = {HEAVY!r}
print(*[name for name in heavy if name in sys.modules], sep=",")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "code", ["import mesa_doe", "from mesa_doe.cli.main import main; main(['status', '.'])"]
)
def test_what_needs_no_tables_waits_for_no_pandas(code, tmp_path):
    code = f"import sys\n{code}\nprint('pandas' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_every_name_is_found_where_it_is_first_used():
    code = "import mesa_doe; print(all(getattr(mesa_doe, name) is not None for name in mesa_doe.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert set(mesa_doe.__all__) < set(dir(mesa_doe))
    with pytest.raises(AttributeError, match="no_such_name"):
        mesa_doe.no_such_name  # noqa: B018


@pytest.mark.parametrize("room", ["analyze", "bridges", "plots", "samplers", "space"])
def test_tab_offers_no_modules_behind_a_room(room):
    module = getattr(mesa_doe, room)
    assert dir(module) == sorted(module.__all__)
    assert not [name for name in dir(module) if inspect.ismodule(getattr(module, name))]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_is_documented_and_what_it_declares_exists(module):
    assert module.__doc__
    for name in getattr(module, "__all__", []):
        assert hasattr(module, name)


def test_the_objects_below_are_those_of_the_whole_package():
    assert {
        "mesa_doe.design.design.Design",
        "mesa_doe.design.design.Design.extend",
        "mesa_doe.seeding.root_entropy",
    } <= set(OBJECTS)
    assert len(OBJECTS) > 100


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_every_public_function_and_class_is_documented(name):
    doc = OBJECTS[name].__doc__
    assert doc
    first = doc.strip().splitlines()[0]
    assert first.endswith((".", ":", "?"))


@pytest.mark.parametrize("name", sorted(name for name, value in OBJECTS.items() if inspect.isfunction(value)))
def test_every_public_function_is_annotated_completely(name):
    function = OBJECTS[name]
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    bare = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.annotation is inspect.Parameter.empty and parameter.name not in ("self", "cls")
    ]
    assert bare == []

import argparse
import re
import shutil
import subprocess

import pytest

from mesa_doe.cli import main as cli
from mesa_doe.cli.completion import _known
from tests.cli.studies import command

SHELLS = ["bash", "zsh", "fish"]


def commands():
    """Return argparse's sub-parsers, as ``mesa-doe`` makes them."""
    found = argparse.ArgumentParser(prog="mesa-doe").add_subparsers()
    for add in cli._COMMANDS:
        add(found)
    return found


COMMANDS = commands()


def shell(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """Return the script for bash."""
    path = tmp_path_factory.mktemp("completion") / "mesa-doe.bash"
    path.write_text(command("completion", "bash"))
    return path


def completed(script, *words, folder="/"):
    """Complete the last word in bash, as it does when Tab is pressed, and return what it offers."""
    quoted = " ".join(f"'{word}'" for word in words)
    code = f"""
    set -u
    source '{script}'
    COMP_WORDS=({quoted})
    COMP_CWORD={len(words) - 1}
    _mesa_doe mesa-doe "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
    (( ${{#COMPREPLY[@]}} )) && printf '%s\\n' "${{COMPREPLY[@]}}"
    exit 0
    """
    done = subprocess.run(
        [shell("bash"), "--norc", "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return sorted(done.stdout.splitlines())


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_one_of_its_shell(name, tmp_path):
    path = tmp_path / "script"
    path.write_text(command("completion", name))
    subprocess.run([shell(name), "-n", path], check=True)


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_has_all_commands_and_options(name):
    text = command("completion", name)
    for one, known in _known(COMMANDS).items():
        part = PART[name](text, one)
        for option in known.names:
            long, short = (f"-l {option[2:]}", f"-s {option[1:]}")
            word = option if name != "fish" else long if option.startswith("--") else short
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", part), (one, option)


# Where in a script the options of a command are.
PART = {
    "bash": lambda text, one: re.search(rf"^ *{one}\) options=(.*) ;;$", text, re.MULTILINE)[1],
    "zsh": lambda text, one: re.search(rf"^ *{one}\)\n((?:.*\\\n)*.*;;)$", text, re.MULTILINE)[1],
    "fish": lambda text, one: "\n".join(
        line for line in text.splitlines() if f"'__fish_seen_subcommand_from {one}'" in line
    ),
}


def test_commands_are_completed(script):
    assert completed(script, "mesa-doe", "") == sorted([*COMMANDS.choices, "--help", "--version"])
    assert completed(script, "mesa-doe", "re") == ["replay", "report", "resume"]


@pytest.mark.parametrize("name", sorted(COMMANDS.choices))
def test_options_are_completed(name, script):
    expected = [text for one in COMMANDS.choices[name]._actions for text in one.option_strings]
    assert completed(script, "mesa-doe", name, "-") == sorted(expected)


def test_choices_are_completed(script):
    for form in (["--format", ""], ["--format", "=", ""], ["--format", "="]):
        assert completed(script, "mesa-doe", "export", "study", *form) == ["csv", "json", "netcdf", "parquet"]
    assert completed(script, "mesa-doe", "run", "--resume", "f") == ["failed"]
    assert completed(script, "mesa-doe", "completion", "") == ["bash", "fish", "zsh"]


def test_paths_are_completed(script, tmp_path):
    (tmp_path / "my study").mkdir()
    (tmp_path / "market.toml").touch()
    assert completed(script, "mesa-doe", "status", "m", folder=tmp_path) == ["market.toml", "my study"]
    assert completed(script, "mesa-doe", "run", "x", "--store", "my", folder=tmp_path) == ["my study"]
    assert completed(script, "mesa-doe", "archive", "my study", "ma", folder=tmp_path) == ["market.toml"]


def test_what_is_free_is_left_free(script, tmp_path):
    (tmp_path / "file").touch()
    assert completed(script, "mesa-doe", "run", "x.toml", "--n-jobs", "", folder=tmp_path) == []
    assert completed(script, "mesa-doe", "nonsense", "", folder=tmp_path) == []


def test_names_are_completed(script):
    assert completed(script, "mesa-doe", "example", "w") == ["wolf-sheep"]
    assert completed(script, "mesa-doe", "designs", "sob") == ["sobol", "sobol_sequence"]
    assert completed(script, "mesa-doe", "analyses", "shap") == ["shapley"]
    assert completed(script, "mesa-doe", "analyze", "study", "y", "--method", "paw") == ["pawn"]
    assert completed(script, "mesa-doe", "--v") == ["--version"]


def test_fish_completes(tmp_path):
    path = tmp_path / "mesa-doe.fish"
    path.write_text(command("completion", "fish"))
    (tmp_path / "study").mkdir()

    def offered(line):
        code = f"source {path}; complete -C '{line}'"
        done = subprocess.run(
            [shell("fish"), "--no-config", "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return [one.split("\t")[0] for one in done.stdout.splitlines()]

    assert offered("mesa-doe rep") == ["replay", "report"]
    assert sorted(offered("mesa-doe export study --format ")) == ["csv", "json", "netcdf", "parquet"]
    assert offered("mesa-doe status st") == ["study/"]
    assert offered("mesa-doe completion ") == ["bash", "fish", "zsh"]


def test_zsh_takes_the_script(tmp_path):
    path = tmp_path / "mesa-doe.zsh"
    path.write_text(command("completion", "zsh"))
    code = f"autoload -U compinit; compinit -D; source {path}; print -r -- $_comps[mesa-doe]"
    done = subprocess.run([shell("zsh"), "-f", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("_mesa_doe\n", "")

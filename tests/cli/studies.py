"""Study files for the tests, and the command in this process."""

import contextlib
import io

from mesa_doe.cli.main import main

NOISY = """\
[model]
class = "tests.models:noisy"

[space]
a = {real = [0, 1]}
b = {real = [0, 1]}
inert = {boolean = true}

[design]
method = "sobol"
n = 16
rng = 1

[runs]
rng = 2
replications = 2
seed_policy = "block"

[[analysis]]
output = "exact"
resamples = 100
"""


def command(*arguments, expected=0):
    """Run a command here, and return what it printed, to stderr where it could not be done."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    assert code == expected, err.getvalue()
    return err.getvalue() if expected else out.getvalue()


def written(folder, text=NOISY, name="study.toml"):
    """Write a study file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def changed(old, new, text=NOISY):
    """Return the text of a study with a part of it changed."""
    assert text.count(old) == 1, old
    return text.replace(old, new)

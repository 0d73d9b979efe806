# `make demo` and `make test` need Python 3.11+ and make; everything else they install into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# pip takes two minutes of a core for what uv does in half of one: uv is used where it is on PATH. Compiled as pip
# does it, since where Python writes no bytecode each process of the tests would compile all anew.
UV ?= $(shell command -v uv 2>/dev/null)
INSTALL = $(if $(UV),$(UV) pip install --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install) --quiet

.DEFAULT_GOAL := demo
.PHONY: help demo test lint docs wheel oldest mesa4 benchmark coverage kills crashes clean

help:
	@echo "make demo       a Sobol study of Epstein's model: tables, plots and a report in demo-output/"
	@echo "make test       all tests; PYTEST_ARGS= goes to pytest"
	@echo "make docs       the documentation, in docs/_build/html"
	@echo "make lint       ruff, mypy --strict, import-linter"
	@echo "make benchmark  speed and memory, as ratios against named peers"
	@echo "make kills, crashes, coverage   studies that are killed; how often intervals hold the truth"
	@echo "make wheel, oldest, mesa4       the wheel, the oldest dependencies, Mesa 4's pre-release"
	@echo "make clean      remove what these made; PYTHON= and VENV= choose the Python and where it goes"

demo: $(VENV)/.demo
	$(BIN)/python notebooks/first_study.py

# The tests use all cores as they are: numpy's own threads beside them only take turns.
test oldest mesa4: export OPENBLAS_NUM_THREADS = 1

# Hundreds of the tests start processes: where Python writes no bytecode, each would compile the package anew.
test: $(VENV)/.test
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# What `pip install mesa-doe[plot,store]` gives to someone who has no clone.
wheel:
	rm -rf .venvs/wheel
	$(PYTHON) -m venv .venvs/wheel
	.venvs/wheel/bin/python -m pip install --quiet --upgrade pip build
	.venvs/wheel/bin/python -m build --outdir .venvs/wheel/dist .
	.venvs/wheel/bin/python -m pip install --quiet "$$(echo .venvs/wheel/dist/*.whl)[plot,store]"
	mkdir .venvs/wheel/study
	cd .venvs/wheel/study && ../bin/mesa-doe example wolf-sheep && ../bin/mesa-doe run wolf-sheep.toml --report
	test -s .venvs/wheel/study/wolf-sheep.html

# The oldest version of each dependency that pyproject.toml allows. Warnings of their own ages are not ours.
oldest:
	$(PYTHON) -m venv .venvs/oldest
	.venvs/oldest/bin/python -m pip install --quiet uv
	.venvs/oldest/bin/uv pip install --quiet --compile-bytecode --python .venvs/oldest/bin/python --resolution lowest-direct -e '.[test]'
	.venvs/oldest/bin/python -m pytest -q -n 2 --dist loadfile -W ignore::DeprecationWarning tests/space tests/design \
	  tests/columns tests/plots tests/samplers tests/study tests/model_run tests/results tests/bridges \
	  tests/analysis/test_contract.py tests/analysis/test_result.py tests/runner/test_batch_runner.py \
	  $(PYTEST_ARGS)

# The newest pre-release of Mesa, which needs Python 3.12: building, reading, running, and the drop-in.
mesa4:
	$(PYTHON) -m venv .venvs/mesa4
	.venvs/mesa4/bin/python -m pip install --quiet -e '.[test]'
	.venvs/mesa4/bin/python -m pip install --quiet --pre 'mesa>=4.0.0a0'
	.venvs/mesa4/bin/python -m pytest -q -n 2 --dist loadfile tests/model_run tests/bridges tests/test_drop_in.py \
	  tests/test_configurations.py tests/runner/test_batch_runner.py $(PYTEST_ARGS)

benchmark: $(VENV)/.benchmark
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/designs.py
	$(BIN)/python benchmarks/analysis.py
	$(BIN)/python benchmarks/runner.py

kills: $(VENV)/.test
	PYTHONPATH=. $(BIN)/python benchmarks/kills.py

crashes: $(VENV)/.test
	PYTHONPATH=. $(BIN)/python benchmarks/crashes.py

coverage: $(VENV)/.test
	$(BIN)/python benchmarks/coverage.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("mesa-doe needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# One stamp a set of extras, renewed when the dependencies change.
$(VENV)/.demo: EXTRA = plot
$(VENV)/.test: EXTRA = test
$(VENV)/.lint: EXTRA = lint
$(VENV)/.docs: EXTRA = docs
$(VENV)/.benchmark: EXTRA = benchmark
$(VENV)/.demo $(VENV)/.test $(VENV)/.lint $(VENV)/.docs $(VENV)/.benchmark: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e '.[$(EXTRA)]'
	touch $@

clean:
	rm -rf $(VENV) .venvs demo-output docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache

# Everything a developer types. `make` alone lists it. Environments are made here, from hashed locks, and only once.

PYTHON ?= python3
UV ?= uv
ARGS ?=

DEMO := examples/digit_reader/pipeline.py
BIN := .venv/bin
PIP_INSTALL := -m pip install -qq --no-deps --disable-pip-version-check
FROM_LOCK := $(PIP_INSTALL) --require-hashes --only-binary=:all: -r
OURSELVES := $(PIP_INSTALL) --no-build-isolation --editable .

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test test-long test-slurm check check-format check-lint check-mypy check-pyright check-imports format bench lock clean distclean

help: ## list these targets
	@echo "usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done

demo: .venv/ourselves ## check, compile, run and draw the first example on real data
	@$(BIN)/stagelang check $(DEMO)
	@$(BIN)/stagelang compile $(DEMO) --target local --output build/demo/local
	@$(BIN)/stagelang compile $(DEMO) --target lineage --output build/demo/lineage
	@$(BIN)/stagelang run $(DEMO)
	@$(BIN)/stagelang report $(DEMO) --output build/demo/report.html
	@$(BIN)/stagelang diagram $(DEMO) --output build/demo/pipeline.html
	@echo
	@echo "the report:                       build/demo/report.html"
	@echo "the lineage picture, to explore:  build/demo/pipeline.html"
	@echo "the same as SVG, DOT and Mermaid: build/demo/lineage/"
	@echo "the emitted script and its plan:  build/demo/local/"

test: .venv/dev .venv-snakemake/ready ## run the whole suite, types included; ARGS='-k word' picks
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

test-long: .venv/dev .venv-snakemake/ready ## run what takes long: every pipeline on every engine, mutations of the workflow's emitter
	$(BIN)/pytest -n auto --dist worksteal -m long $(ARGS)

test-slurm: .venv/dev .venv-snakemake/ready ## as root: start a Slurm on this machine, and run on it what its tests ask for
	$(BIN)/pytest -m slurm tests/slurm $(ARGS)

check: check-format check-lint check-imports check-mypy check-pyright ## format, lint, import contracts, mypy strict, pyright strict

check-format: .venv/dev
	$(BIN)/ruff format --check .
check-lint: .venv/dev
	$(BIN)/ruff check .
check-imports: .venv/dev
	$(BIN)/lint-imports --no-logo
check-mypy: .venv/dev
	$(BIN)/mypy
check-pyright: .venv/dev
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright

format: .venv/dev ## rewrite the code as check wants it, where a tool can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv-bench/ready ## measure beside the peers, in an environment of its own
	DO_NOT_TRACK=1 DVC_NO_ANALYTICS=1 DAGSTER_DISABLE_TELEMETRY=1 \
	.venv-bench/bin/python tests/benchmarks $(ARGS)

lock: ## renew requirements/*.txt from pyproject.toml (needs uv)
	$(COMPILE) --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) --extra pandas --extra sklearn --group build -c requirements/dev.txt -o requirements/run.txt
	$(subst pyproject.toml ,,$(COMPILE)) --group snakemake -o requirements/snakemake.txt
	$(COMPILE) --extra pandas --extra sklearn --group build --group bench -c requirements/run.txt -o requirements/bench.txt

COMPILE = $(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

clean: ## remove what was built, run and cached
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path './.venv*' -prune -o -type d \( -name __pycache__ -o -name .stagelang \) -exec rm -rf {} +

distclean: clean ## remove the environments too
	rm -rf .venv .venv-bench .venv-snakemake

# One file per finished step, so that a step whose inputs are unchanged costs nothing.
# A runtime tier and a developer's on top of it: the demo waits for the small one only.

.venv/pyvenv.cfg:
	@$(call new_environment,.venv)

.venv/run: requirements/run.txt | .venv/pyvenv.cfg
	@echo "installing what stagelang and its examples need, as locked in $<"
	@$(BIN)/python $(FROM_LOCK) $<
	@touch $@

.venv/ourselves: pyproject.toml .venv/run
	@$(BIN)/python $(OURSELVES)
	@touch $@

.venv/dev: requirements/dev.txt .venv/ourselves
	@echo "installing what developers need, as locked in $<"
	@$(BIN)/python $(FROM_LOCK) $<
	@touch $@

# Snakemake pins older libraries than ours, and only its program is needed: it has an environment of its own, without stagelang.
# Not all that it needs comes as a wheel.
.venv-snakemake/ready: requirements/snakemake.txt
	@echo "installing Snakemake for the tests, as locked in $<"
	@test -e .venv-snakemake/pyvenv.cfg || $(call new_environment,.venv-snakemake)
	@.venv-snakemake/bin/python $(PIP_INSTALL) --require-hashes --only-binary=:all: --no-binary=connection-pool -r $<
	@touch $@

.venv-bench/ready: requirements/bench.txt pyproject.toml
	@test -e .venv-bench/pyvenv.cfg || $(call new_environment,.venv-bench)
	@.venv-bench/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@.venv-bench/bin/python $(OURSELVES)
	@touch $@

# Debian keeps ensurepip in a package of its own; a pip beside the interpreter can fill in for it.
define new_environment
{ command -v $(PYTHON) >/dev/null || { echo "stagelang needs Python 3.11 or newer: install python3, or name one with make PYTHON=..." >&2; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "stagelang needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version): name another with make PYTHON=..." >&2; exit 1; }; \
if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(1); \
elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(1) && $(PYTHON) -m pip --quiet --python $(1)/bin/python install pip; \
else echo "$(PYTHON) can make no environment: as root, apt-get install python3-venv, then make again" >&2; exit 1; fi; }
endef

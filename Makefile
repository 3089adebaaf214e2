# What to run; `make` alone says what there is. Everything lives in .venv and below build/ and home/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help demo test test-long soak lint docs bench fuzz up down clean

BIN := .venv/bin
UV_VERSION := 0.13.9
DEMO_HOME ?= home/demo
PORT ?= 8080
AS_OF ?=
MONTHS ?= 3
SCALE ?= 0.5
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_ARGS ?= -max_total_time=600

MAIN := .venv/.installed-main
ALL := .venv/.installed

help:
	@echo 'make demo    sample deliveries of all regions through the Airflow DAGs, month by month (home: $(DEMO_HOME); AS_OF=YYYY-MM-DD MONTHS=$(MONTHS) SCALE=$(SCALE))'
	echo 'make test    every promise, tested in minutes (PYTEST_ARGS="-k name")'
	echo 'make test-long   what takes long because its size is the promise: months, the real registrations, a real Airflow'
	echo 'make soak    killed 200 times at random (SOAK_TIMES, SOAK_SEED), and nothing lost'
	echo 'make lint    ruff, mypy and the floors of the packages'
	echo 'make docs    the documentation as a site, readable offline: build/docs/index.html'
	echo 'make bench   the whole job beside a bare copy (BENCH_ARGS="...")'
	echo 'make fuzz    ten minutes of fuzzing of the readers (FUZZ_ARGS="-max_total_time=60")'
	echo 'make up      Airflow with its web UI on 127.0.0.1:$(PORT), the scorecards inside it; Ctrl-C stops it'
	echo 'make down    stops one that was left behind'
	echo 'make clean   removes what demo, tests and tools made; not .venv, and no home of yours'

demo: $(MAIN)
	@as_of='$(AS_OF)'
	$(BIN)/python -m pipelines.airflow_home demo --home '$(DEMO_HOME)' --months '$(MONTHS)' --scale '$(SCALE)' $${as_of:+--as-of "$$as_of"}

test: $(ALL)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-long: $(ALL)
	@$(BIN)/python -m pytest -m long -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

soak: $(ALL)
	@$(BIN)/python -m pytest -m soak -s tests/soak $(PYTEST_ARGS)

lint: $(ALL)
	@failed=0
	for tool in 'ruff check .' 'ruff format --check .' mypy 'lint-imports --no-cache'; do
	  echo "-- $$tool"
	  $(BIN)/$$tool || failed=1
	done
	exit $$failed

docs: $(ALL)
	@NO_MKDOCS_2_WARNING=1 PYTHONDONTWRITEBYTECODE=1 $(BIN)/python -m mkdocs build --strict --quiet
	echo 'build/docs/index.html'

bench: $(MAIN)
	@$(BIN)/python -m pipelines.bench $(BENCH_ARGS)

# atheris is no dependency of the tests: it is got when it is asked for.
fuzz: $(ALL)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || { $(call install,.[test$(comma)lint$(comma)fuzz],the fuzzer too); }
	mkdir -p build
	PYTHONPATH=. $(BIN)/python tests/fuzz/fuzz_readers.py -timeout=60 -rss_limit_mb=4096 -max_len=65536 $(FUZZ_ARGS)

up: $(MAIN)
	@exec $(BIN)/python -m pipelines.airflow_home up --home '$(DEMO_HOME)' --port '$(PORT)'

down: $(MAIN)
	@$(BIN)/python -m pipelines.airflow_home down --home '$(DEMO_HOME)'

clean:
	@if [ -x $(BIN)/python ] && [ -e '$(DEMO_HOME)/airflow/up.json' ]; then
	  $(BIN)/python -m pipelines.airflow_home down --home '$(DEMO_HOME)' || true
	fi
	rm -rf build dist home/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Two stamps: the demo needs less than the tests. Either is renewed when the dependencies change.
$(MAIN): pyproject.toml constraints.txt
	@$(call install,.,what the main job needs)
	touch '$@'

$(ALL): pyproject.toml constraints.txt
	@$(call install,.[test$(comma)lint$(comma)docs],everything$(comma) tests$(comma) lint and docs included)
	touch $(MAIN) '$@'

comma := ,
SUITABLE := import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))

# $(1): what to install; $(2): the same in words. With uv where there is one or it can be had, else with pip.
define install
began=$$SECONDS
say() { echo "[setup $$((SECONDS - began)) s] $$*"; }
if ! $(BIN)/python -c '$(SUITABLE)' 2>/dev/null; then
  python=''
  for candidate in $${PYTHON:-python3 python3.12 python3.11}; do
    if "$$candidate" -c '$(SUITABLE)' 2>/dev/null; then
      python=$$("$$candidate" -c 'import sys; print(sys.executable)')
      break
    fi
  done
  if [ -z "$$python" ]; then
    echo 'credit-hub needs Python 3.11 or 3.12, with its venv module. Install it (Debian: apt-get install python3-venv),' >&2
    echo 'or say where it is: PYTHON=/path/to/python3.11 make ...' >&2
    exit 1
  fi
  say "making .venv with $$("$$python" --version) ($$python)"
  rm -rf .venv
  if uv --version >/dev/null 2>&1; then
    uv venv --quiet --no-python-downloads --python "$$python" .venv
  elif ! "$$python" -m venv .venv; then
    rm -rf .venv
    echo "$$python cannot make a virtual environment (Debian: apt-get install python3-venv)" >&2
    exit 1
  fi
fi
uv=''
if uv --version >/dev/null 2>&1; then
  uv=uv
elif $(BIN)/uv --version >/dev/null 2>&1; then
  uv=$(BIN)/uv
else
  $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip >/dev/null
  say 'getting uv, which installs faster than pip'
  if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null; then
    uv=$(BIN)/uv
  fi
fi
if [ -n "$$uv" ]; then
  say "installing $(2), compiled: half a minute, more on a slow line"
  "$$uv" pip install --quiet --python $(BIN)/python --compile-bytecode \
    --constraint constraints.txt --build-constraint constraints.txt --editable '$(1)'
else
  say "uv cannot be had; installing $(2) with pip: a minute or two"
  PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet \
    --disable-pip-version-check --constraint constraints.txt --editable '$(1)'
fi
$(BIN)/python -m compileall -q pipelines
say 'set up'
endef

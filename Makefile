# Two commands on a fresh machine: `make quickstart` and `make test`. Everything lands in .venv and .cache.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help quickstart check tool test docs bench clean

help:
	@echo "make quickstart   resolve, vendor and install the example for four machines"
	@echo "make check        lint, types and unit tests (under a minute on two cores)"
	@echo "make tool         the resolver as one file, dist/wheelhouse.pyz"
	@echo "make test         everything, on real packages and real Bazels"
	@echo "make docs         the documentation as a site, .cache/site"
	@echo "make bench        how fast it is beside other tools (an hour; less with WORKLOADS=\"black trio\" or ROUNDS=1)"
	@echo "make clean        remove what make made"

$(VENV)/.installed: pyproject.toml scripts/bootstrap.sh
	sh scripts/bootstrap.sh "$(PYTHON)" "$(VENV)"

$(VENV)/.installed-dev: $(VENV)/.installed
	sh scripts/bootstrap.sh "$(PYTHON)" "$(VENV)" dev

quickstart: $(VENV)/.installed
	@sh scripts/quickstart.sh "$(BIN)"

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n auto tests/unit

tool: $(VENV)/.installed
	sh scripts/build-tool.sh "$(BIN)/python"

test: check tool
	sh scripts/test-tools.sh
	sh scripts/bazels.sh
	sh scripts/nix.sh
	$(BIN)/pytest -n 2 --dist loadgroup --durations 12 tests/integration

docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "the site is .cache/site/index.html; with its search: python3 -m http.server --directory .cache/site"

bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m bench .cache/bench $(if $(WORKLOADS),--workload $(WORKLOADS)) $(if $(ROUNDS),--rounds $(ROUNDS))
	@echo "python -m bench.publish .cache/bench shows the results in docs/"

clean:
	rm -rf $(VENV) .cache dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf examples/quickstart/lock.json examples/quickstart/vendored

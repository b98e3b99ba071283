# Every target does its own set-up.  `make demo` and `make test` need Python 3.10 or newer, pip, make and git.

PYTHONS := $(shell sh tools/pythons.sh)
$(if $(PYTHONS),,$(error no Python 3.10 or newer with venv and pip was found))
OLDEST := $(firstword $(PYTHONS))
NEWEST := $(lastword $(PYTHONS))
minor = $(shell $(1) -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
ENVS := $(sort $(foreach python,$(OLDEST) $(NEWEST),.venv/$(call minor,$(python))))
DEV := .venv/$(call minor,$(NEWEST))
# Half of what a test takes is waiting: three fill two cores.  Who is done takes over from who is not.
SIDE_BY_SIDE := -n 3 --dist worksteal

.PHONY: help demo demo-live test lint types layers docs test-install test-live test-matrix test-browser fuzz screenshots bench bench-counts bench-live clean
.DELETE_ON_ERROR:

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(DEV)/.ready  ## run the quickstart notebook in a kernel and show the DAG it exports
	$(DEV)/bin/python tools/demo.py

demo-live: $(DEV)/.ready  ## the same with Spark, and a real Airflow runs the DAG; KEEP=1 leaves it up until Ctrl-C
	sh tools/debian.sh java openjdk-17-jre-headless
	$(DEV)/bin/python -m tools.demo_live $(if $(KEEP),--keep)

test: $(ENVS:%=%/.ready)  ## the suite, on the oldest and on the newest Python that is there
	@set -e; for env in $(ENVS); do \
	    echo "== $$($$env/bin/python -V)"; \
	    [ $$env = $(DEV) ] && which= || which="not one_python"; \
	    [ $$env = $(DEV) ] && but= || but=--deselect=tests/docs; \
	    $$env/bin/python -m pytest -q $(SIDE_BY_SIDE) -m "$$which" $$but; done

lint: $(DEV)/.lint-ready  ## format and lint
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .

types: $(DEV)/.lint-ready  ## mypy, strict
	$(DEV)/bin/mypy

layers: $(DEV)/.lint-ready  ## imports point down
	$(DEV)/bin/lint-imports

docs: .venv/docs/.ready  ## the documentation, as build/docs/index.html; warnings are errors, and nothing is fetched
	.venv/docs/bin/python -m sphinx -E -W --keep-going -n -q -b html docs build/docs

test-install: $(DEV)/.ready  ## sdist and wheel, installed on every Python, with the lowest versions and beside front ends
	$(DEV)/bin/python -m tools.packaging $(ARGS)

test-live: $(DEV)/.ready  ## the exported DAG on real Airflow and real Spark (installs both, and Java)
	sh tools/debian.sh java openjdk-17-jre-headless
	$(DEV)/bin/python -m tools.live $(ARGS)

test-matrix: $(DEV)/.ready  ## the same, and DAGs load and run on the other Airflow versions too
	sh tools/debian.sh java openjdk-17-jre-headless
	$(DEV)/bin/python -m tools.live --matrix

test-browser: .venv/browser/.ready  ## the panel and the live notebook in JupyterLab, Notebook 7 and nbclassic (installs Chromium)
	sh tools/debian.sh chromium chromium
	sh tools/debian.sh node nodejs
	.venv/browser/bin/python -m tools.browser $(ARGS)

fuzz: .venv/fuzz/.ready  ## look for notebooks that break something, led by coverage (MINUTES=8 for all targets together)
	.venv/fuzz/bin/python -m tools.fuzz --minutes $(or $(MINUTES),8) $(ARGS)

screenshots: .venv/browser/.ready  ## the pictures of the panel in docs/images, made anew
	sh tools/debian.sh chromium chromium
	.venv/browser/bin/python -m tools.screenshots

bench: $(DEV)/.ready  ## how fast it is, beside what people use today (ROWS="load history" prints those rows only)
	sh tools/debian.sh java openjdk-17-jre-headless
	sh tools/debian.sh jq jq
	$(DEV)/bin/python -m benchmarks $(if $(ROUNDS),--rounds $(ROUNDS)) $(ROWS)

bench-counts: $(DEV)/.ready  ## what can be counted of it: imports, calls, parsings
	$(DEV)/bin/python -m benchmarks.counts

bench-live: $(DEV)/.ready  ## from Enter to a started run, exports among faults: on real servers
	sh tools/debian.sh java openjdk-17-jre-headless
	$(DEV)/bin/python -m benchmarks.airflow_live

clean:  ## remove every environment and everything that was made
	rm -rf .venv .demo .live build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	git clean -fqX docs/reference

# The front ends get an environment of their own.
.venv/browser/.ready: pyproject.toml constraints.txt
	$(NEWEST) -m venv .venv/browser
	.venv/browser/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test,browser]'
	@touch $@

# So does the documentation.
.venv/docs/.ready: pyproject.toml constraints.txt
	$(NEWEST) -m venv .venv/docs
	.venv/docs/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

# And the search of the fuzzer, which is no dependency of anything else.
.venv/fuzz/.ready: pyproject.toml constraints.txt
	$(NEWEST) -m venv .venv/fuzz
	.venv/fuzz/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e . atheris==3.1.0
	@touch $@

# One environment a Python version.  The constraints file holds names and versions only.
.venv/%/.ready: pyproject.toml constraints.txt
	@python=; for one in $(PYTHONS); do \
	    [ "$$($$one -c 'import sys; print("py%d.%d" % sys.version_info[:2])')" = "$*" ] && python=$$one; done; \
	    $$python -m venv .venv/$*
	.venv/$*/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

%/.lint-ready: %/.ready
	$*/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[lint]'
	@touch $@

# Everything a clone needs: `make demo` and `make test` set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AUDIT := $(VENV)/audit

# Where Python may not keep what it compiled, each program that a test starts compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test docs reference pictures lint types imports pytest pythons audit crash bench bench-page clean

demo: $(READY)
	$(BIN)/kapso-twilio demo

test: lint types imports pytest

# The site in site/, and every link of every document; no network. The variable silences an
# announcement of the theme's makers.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/pytest -q tests/documents/test_links.py
	@echo "open site/index.html"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry src

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

# Four workers on two cores: tests wait more than they work.
pytest: $(READY)
	$(BIN)/pytest -q -rs -n 4 -m "not whole"

# Every other Python that is here, with the libraries that pip finds for it.
pythons: $(READY)
	$(BIN)/pytest -q -rs tests/distribution/test_pythons.py

# Asks an advisory service about each library that is installed. Not a test: what it answers changes
# by itself, and it may be out of reach.
audit: $(READY)
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/python -m pip freeze --exclude-editable > $(AUDIT)/installed.txt
	@$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off \
		-r $(AUDIT)/installed.txt > $(AUDIT)/report 2>&1; code=$$?; cat $(AUDIT)/report; \
	test $$code = 0 || grep -q 'known vulnerabilit' $(AUDIT)/report \
		|| echo 'NOT AUDITED: the advisory service knows nothing here, or was not reached' >&2; \
	exit $$code

# Every command killed at every point, every call met by every fault, long lives and a disk that fails
# everywhere; `make test` runs a slice.
crash: $(READY)
	CRASH_MATRIX=whole $(BIN)/pytest -q -n 2 tests/crash tests/races tests/disk tests/life

bench: $(READY)
	$(BIN)/python benchmarks/everything.py

# The same, written into docs/benchmarks.md.
bench-page: $(READY)
	$(BIN)/python benchmarks/everything.py --write

# What is written from the program: parts of documents, the manual pages in man, and what --help says
# in tests/cli/help.
reference: $(READY)
	$(BIN)/python -m tests.documents.made
	$(BIN)/python -m tests.documents.man_pages
	$(BIN)/python -m tests.cli.help_texts

# docs/pictures, from what the program writes today.
pictures: $(READY)
	$(BIN)/python -m tests.documents.pictures

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $@

clean:
	rm -rf $(VENV) site

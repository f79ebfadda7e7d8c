# `make demo` and `make test` need nothing but Python 3.11 or later; PYTHON=... chooses another.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: test demo check docs bench clean

$(VENV)/ready: pyproject.toml $(wildcard wasm/*.py wasm/src/* wasm/src/*/* wasm/prelude/* wasm/patches/*)
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[deepagents,test]'
	touch $@

# A file runs in one worker, so what its tests share is made once. Many wait for other processes, so
# there are more workers than cores; ARGS="-n 0" runs all in this process.
test: $(VENV)/ready
	$(RUN) -m pytest --numprocesses=3 --dist=loadfile --durations=20 $(ARGS)

demo: $(VENV)/ready
	$(RUN) examples/approve_refunds.py $(ARGS)

check: $(VENV)/ready
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy
	$(RUN) -m tests.docs.types

docs: $(VENV)/ready
	$(RUN) -m mkdocs build --strict

bench: $(VENV)/ready
	$(RUN) -m tests.benchmarks $(ARGS)

clean:
	rm -rf $(VENV) langchain_quickjs/guest.*

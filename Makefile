# Two commands on a fresh machine: make demo, make test. Needs Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check serve bench data-check wheel-check clean lock

$(VENV)/.user: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps -e .
	touch $@

$(VENV)/.test: requirements-test.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements-test.txt
	$(PIP) --no-deps -e .
	touch $@ $(VENV)/.user

demo: $(VENV)/.user ## quote one shipment and the sample spreadsheet, plan another, write out/
	mkdir -p out
	KERUEN_STORE=sqlite:///out/quotes.sqlite $(BIN)/python -m optimizer quote Kokshetau "Bandar Abbas" --cargo wheat --tonnes 3000 --csv out/charges.csv
	KERUEN_STORE=sqlite:///out/quotes.sqlite $(BIN)/python -m optimizer batch quote seeds/samples/shipments.csv --out out/batch --store
	$(BIN)/python -m optimizer batch plan seeds/samples/plan.csv --out out/plan
	@echo "Look at out/charges.csv, out/batch/quotes.csv and out/plan/plan.html; make serve starts the API."

test: $(VENV)/.test ## every test and doctest
	$(BIN)/python -m pytest -n 2 --doctest-modules

check: $(VENV)/.test ## lint, types, data
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m optimizer network check

data-check: $(VENV)/.user
	$(BIN)/python -m optimizer network check
	$(BIN)/python -m optimizer validate

serve: $(VENV)/.user ## API on http://127.0.0.1:8000
	$(BIN)/python -m optimizer serve

# INSTANCES: a folder of public .dow files, for the flow benchmark; PRICING: of public network pricing .json files.
bench: $(VENV)/.test ## measure against plain networkx and arc flows in the same run; half an hour with INSTANCES, three with PRICING
	$(BIN)/python benchmarks/quote.py
	$(BIN)/python benchmarks/time.py
	$(BIN)/python benchmarks/plan_core.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/desk.py
	$(BIN)/python benchmarks/study.py
	$(BIN)/python benchmarks/limits.py
	$(if $(INSTANCES),$(BIN)/python benchmarks/flow.py $(INSTANCES) --limits 100 600)
	$(if $(PRICING),$(BIN)/python benchmarks/pricing.py $(PRICING) --limits 60 600)

wheel-check: $(VENV)/.test ## build, install into a clean environment, quote
	rm -rf build dist out/wheel && mkdir -p out/wheel
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps -w dist .
	$(PYTHON) -m venv out/wheel/env
	out/wheel/env/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.txt
	out/wheel/env/bin/python -m pip --disable-pip-version-check install --quiet --no-deps dist/*.whl
	cd out/wheel && env/bin/keruen quote Kokshetau Tehran --cargo wheat --tonnes 3000 --no-store > quote.txt && tail -3 quote.txt

lock: $(VENV)/.test ## pin versions anew, with hashes, without addresses
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra test --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-test.txt

clean:
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

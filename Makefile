# Thin on purpose: each target is one or two commands. The first call sets up .venv from constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
OUT := out

.PHONY: demo test check bench soak samples constraints clean

demo: $(READY)  ## judge the bundled fictional tenant and write its HTML report
	@mkdir -p $(OUT)
	@$(BIN)/apimdoctor scan --demo --fail-on never --report text --report html=$(OUT)/report.html
	@echo "The HTML report is $(CURDIR)/$(OUT)/report.html"

test: $(READY)  ## all tests, warnings as errors
	$(BIN)/pytest -n 2 -m "not soak"

check: $(READY)  ## style, types, architecture, rules, and that the wheel holds everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/apimdoctor rules check
	$(BIN)/python tools/wheel.py

bench: $(READY)  ## time and memory of a large scan, beside expat and json alone
	$(BIN)/python tools/bench.py
	$(BIN)/python -m tools.bench_live

soak: $(READY)  ## the long runs: large generated inputs
	APIMDOCTOR_SEARCH=1 $(BIN)/pytest -n 2 -m soak

samples: $(READY)  ## render sample_reports/ anew (a test compares them byte for byte)
	$(BIN)/python tools/samples.py

constraints: $(READY)  ## write down the versions installed now
	{ head -n 1 constraints.txt; $(BIN)/pip freeze --exclude-editable; } > constraints.new && mv constraints.new constraints.txt

clean:
	rm -rf .venv build dist $(OUT)

$(READY): pyproject.toml constraints.txt tools/setup
	@PYTHON="$(PYTHON)" tools/setup

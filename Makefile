# Every command does its own set-up. PYTHON=… names another interpreter (3.11 or newer).
PYTHON ?= python3
bin := .venv/bin
build := $(bin)/python tools/build.py
SCALE ?= laptop
WORKERS ?= 2
PORT ?= 8000
# A thread that waits for another sleeps: spinning, it takes the core that the other one needs.
export OMP_WAIT_POLICY ?= passive

.DEFAULT_GOAL := help
.PHONY: help book test slow browser lab serve student offline pdf study verdicts freeze confirm costs bench findings lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" sh tools/setup.sh

book: .venv/.ready ## Build the book into _build/html, and the reader's notebooks
	$(build)

test: .venv/.ready ## Lint, types, layers, and the tests that take a moment each
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/python -m pytest -n 2

slow: .venv/.ready ## The tests of tests/slow.txt: studies, claims, benchmarks, laws of chance
	$(bin)/python -m pytest -n 2 -m "slow and not long and not gpu and not browser"

browser: .venv/.ready ## Test the built book in Chromium (build it first)
	$(bin)/python -m pytest -n 2 -m browser tests/browser

lab: .venv/.ready ## Open the pages in JupyterLab, from a page that lists them
	$(bin)/jupyter lab notebooks/start.ipynb

serve: book ## Build, serve on localhost and print the address (PORT=8000)
	@$(bin)/python tools/serve.py $(PORT)

# The editions share one cache of executed pages.
student: .venv/.ready ## Build the edition without solutions into _build/student/_build/html
	@mkdir -p _build/.jupyter_cache _build/student/_build
	@cd _build/student/_build && { [ -L .jupyter_cache ] || { rm -rf .jupyter_cache; ln -s ../../.jupyter_cache .; }; }
	EDITION=student $(build) --path-output _build/student

offline: book ## Pack the built book into a zip that opens without a server or network
	$(bin)/python tools/offline.py

pdf: book ## Print the book to one PDF (needs Chromium, no TeX)
	$(bin)/python tools/pdf.py

study: .venv/.ready ## Run or resume a study: NAME=… SCALE=smoke|laptop|full WORKERS=2
	@test -n "$(NAME)" || { $(bin)/python -m ldyn.studies list; echo "Name one: make study NAME=… SCALE=laptop"; exit 2; }
	$(bin)/python -m ldyn.studies run $(NAME) --scale $(SCALE) --workers $(WORKERS)

verdicts: .venv/.ready ## Let the tests write the verdicts of the ledger anew
	LDYN_WRITE_VERDICTS=1 $(bin)/python -m pytest -q tests/claims -p no:xdist

freeze: .venv/.ready ## Freeze a finished study into book/results: NAME=… SCALE=laptop|full
	@test -n "$(NAME)" || { $(bin)/python -m ldyn.studies list; echo "Name one: make freeze NAME=… SCALE=laptop"; exit 2; }
	$(bin)/python -m ldyn.studies freeze $(NAME) --scale $(SCALE)

confirm: .venv/.ready ## Compute some cells of frozen studies again: NAME="…" CELLS=3
	$(bin)/python tools/confirm.py $(NAME) --cells $(or $(CELLS),3)

costs: .venv/.ready ## Measure what each page takes to run (idle machine, some minutes)
	$(bin)/python tools/costs.py

bench: .venv/.ready ## Measure speed against peers, side by side
	@for b in benchmarks/[a-z]*.py; do echo "== $$b"; $(bin)/python $$b || exit 1; done

findings: ## Run what surprised us in other software, each with its own packages (NAME=… for one)
	@PYTHON="$(PYTHON)" sh tools/findings.sh $(NAME)

lock: ## Rewrite requirements.lock from requirements.in
	sh tools/lock.sh

clean: ## Remove what was built (not the virtual environment)
	rm -rf _build

# The two commands of the README: `make chat` and `make test`. Needs Python 3.11 to 3.13 and make.
PYTHON ?= $(firstword $(foreach version,3 3.13 3.12 3.11,$(shell \
	python$(version) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("python$(version)")' 2>/dev/null)))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: chat install test lint format lock model clean

chat: .venv/light  ## Installs the light part (no TensorFlow) and starts the app.
	@$(BIN)/counsel-tui

install: .venv/full  ## Installs everything, training and test tools included.

test: .venv/full lint  ## Lint, types, import contracts, tests.
	env -u COUNSEL_LANG $(BIN)/python -m pytest -n logical
	COUNSEL_LANG=en $(BIN)/python -m pytest -n logical tests/tui

lint: .venv/full
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/full
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/full  ## Renews both lock files from pyproject.toml.
	$(PIP) uv
	$(LOCK) pyproject.toml --group dev --upgrade -o requirements.lock
	$(LOCK) --group chat -c requirements.lock -o requirements-chat.lock

# The shipped model, from the data beside this checkout (docs/model.md). Takes about three hours; `--resume` goes on after a stop.
DATA ?= ../shared/data
WORK ?= build/model
model: .venv/full  ## Pretrains and fine-tunes the shipped model again, and puts it into engine/model.
	test -e $(WORK)/base || $(BIN)/counsel pretrain --config train/corpus/pretrain.toml --out $(WORK)/base \
		$(DATA)/nsmc-reviews.txt.xz $(DATA)/ChatbotData.csv
	test -e $(WORK)/base-again || $(BIN)/counsel pretrain --config train/corpus/pretrain-again.toml \
		--base $(WORK)/base --out $(WORK)/base-again $(DATA)/nsmc-reviews.txt.xz $(DATA)/ChatbotData.csv
	$(BIN)/counsel train --config train/corpus/train.toml --base $(WORK)/base-again --out $(WORK)/counsel-ko train/corpus
	$(BIN)/counsel evaluate $(WORK)/counsel-ko train/corpus --split test --json $(WORK)/figures.json
	$(BIN)/python -m bench.ship $(WORK)/counsel-ko $(WORK)/figures.json

clean:
	rm -rf .venv build dist *.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "counsel: Python 3.11, 3.12, 3.13 중 하나가 필요합니다 (needs one of them): make PYTHON=/path/to/python3.12 …" >&2; exit 2; }
	@echo "counsel: .venv를 준비합니다 (preparing .venv), $(PYTHON)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 2; }

.venv/light: requirements-chat.lock pyproject.toml | .venv/bin/python
	@if test -e .venv/full; then $(MAKE) .venv/full; else \
	$(PIP) --require-hashes -r requirements-chat.lock && $(PIP) --no-build-isolation --no-deps -e . ; fi
	@touch $@

.venv/full: requirements.lock pyproject.toml | .venv/bin/python
	@echo "counsel: TensorFlow를 포함한 전체를 설치합니다, 몇 분 걸립니다 (installing everything, takes minutes)"
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@ .venv/light

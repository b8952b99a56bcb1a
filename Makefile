# The commands of this repository. `make help` lists them.
SCRATCH ?= .build
ARGS ?=
PUBLISHING_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo sbom run-pushaas build test images images-from-source up down logs integration-test bench tsan fuzz format lint

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  ARGS="..." passes options to the program that is run: make run ARGS="--help"'

run: ## Build and start a whole Push Service here; Ctrl-C ends it
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/build push-service
	@exec "$$(SCRATCH="$(SCRATCH)" scripts/build --print-binary push-service)" $(ARGS)

demo: ## Build and start a whole Push Service and the two demo apps; ARGS are of push-service
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/build push-service push-stream push-service-demo-app
	@SCRATCH="$(SCRATCH)" exec scripts/demo $(ARGS)

run-pushaas: ## Build and start pushaas here; its instances are processes of this machine
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/build push-service pushaas
	@SCRATCH="$(SCRATCH)" exec scripts/run-pushaas $(ARGS)

build: ## Build every program in release mode
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/build

test: ## Build and run every test of every package
	@scripts/install-dependencies test
	@SCRATCH="$(SCRATCH)" scripts/test

images: ## Build the container images NAME:local from one release build; starts a Docker Engine if none answers
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/images $(ARGS)

images-from-source: ## Build the container images, each program compiled in Docker by its own Dockerfile
	@SCRATCH="$(SCRATCH)" scripts/images --from-source $(ARGS)

up: ## Build the images, start the stack of docker-compose.yml, wait until it is healthy; COMPOSE_FILE names another file
	@scripts/install-dependencies run
	@SCRATCH="$(SCRATCH)" scripts/images
	@scripts/compose up $(ARGS)

down: ## Stop that stack; ARGS=--volumes removes its data too
	@scripts/compose down $(ARGS)

logs: ## Follow what that stack logs
	@scripts/compose logs --follow $(ARGS)

integration-test: ## Build the images and test the stack of docker-compose.yml and of docker-compose.scale.yml from outside
	@scripts/install-dependencies test
	@scripts/docker-engine
	@SCRATCH="$(SCRATCH)" scripts/test compose

bench: ## Measure push-stream beside nchan and an Nginx with the module (PUSH_STREAM_NGINX), and the path from push-api; writes docs/benchmarks.md
	@scripts/install-dependencies bench
	@SCRATCH="$(SCRATCH)" scripts/build push-stream push-agent push-api integration-tests
	@scripts/bench --binaries "$(SCRATCH)/release" $(ARGS)
	@scripts/bench-publishing --binaries "$(SCRATCH)/release" $(PUBLISHING_ARGS)

tsan: ## Run the tests of push-stream with the thread sanitizer
	@scripts/install-dependencies test
	@SWIFT="$(SWIFT)" scripts/tsan $(ARGS)

fuzz: ## Fuzz the readers of push-stream, FUZZ_SECONDS (300) each; what is new joins the corpora that `make test` replays
	@scripts/install-dependencies run
	@scripts/fuzz

format: ## Format all Swift sources in place
	@swift format --configuration .swift-format --in-place --parallel --recursive $$(scripts/packages)

sbom: ## Write docs/sbom: what is in each image of `make images`, as SPDX
	@SCRATCH="$(SCRATCH)" scripts/sbom $(ARGS)

lint: ## Check format and style without changing anything
	@scripts/lint

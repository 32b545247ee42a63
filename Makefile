# make studio          set everything up (first time: some minutes) and open the page;  make studio ARGS="--port 8000 --no-browser"
# make test            set up, then lint, types and every test, those in a browser included
# make check           lint, types and the tests that take seconds
# make clean           remove the environment and caches; your own data (~/.tuning-studio) stays

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
READY := $(VENV)/ready

.PHONY: studio test check install clean

studio: install
	@$(VENV)/bin/studio serve $(ARGS)

test: install
	@scripts/install-browser
	@scripts/check

check: install
	@scripts/check -m "not train and not browser and not slow"

install: $(READY)

# Anew whenever the lock, the package's own description or the place of this folder changes.
$(READY): requirements.lock pyproject.toml scripts/install
	@PYTHON="$(PYTHON)" scripts/install "$(VENV)"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

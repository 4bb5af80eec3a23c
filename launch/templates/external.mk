# make check: tries @NAME@.py.
# KITH (the program) and PYTHON (the one that has the libraries) may be given.

# Where Kith was built, if that is the one to use and not one that is installed
KITH_BUILD = @BUILD@
ifneq ($(KITH_BUILD),)
KITH ?= $(KITH_BUILD)/launch/kith
endif
KITH ?= @KITH@
PYTHON ?= python3

check:
	$(KITH) check external --set command='$(PYTHON) @NAME@.py'
	KITH='$(KITH)' PYTHON='$(PYTHON)' sh ./test.sh

.PHONY: check

# make: builds @NAME@.so; make check: tests it; make clean.
# CC, CFLAGS, KITH (the program) and PKG_CONFIG_PATH may be given.

# Where Kith was built, if that is the one to use and not one that is installed
KITH_BUILD = @BUILD@
ifneq ($(KITH_BUILD),)
KITH ?= $(KITH_BUILD)/launch/kith
kith_search = PKG_CONFIG_PATH='$(KITH_BUILD)/core'
endif
KITH ?= @KITH@
# Else beside the program, wherever that was installed
ifeq ($(KITH_BUILD),)
kith_prefix := $(patsubst %/bin/,%,$(dir $(shell command -v '$(KITH)' 2>/dev/null)))
kith_package := $(wildcard $(kith_prefix)/lib/pkgconfig/@KITH@.pc)
endif
ifneq ($(kith_package),)
kith_package := --define-variable=prefix=$(kith_prefix) $(kith_package)
else
kith_package := @KITH@
endif

CFLAGS ?= -O3 -g
# The same bits everywhere: no contraction, and never -ffast-math.
kith_flags := $(shell $(kith_search) pkg-config --cflags $(kith_package))
flags := -std=c17 -Wall -Wextra -Wpedantic -Wconversion -ffp-contract=off -fPIC $(kith_flags)
ifeq ($(kith_flags),)
$(error pkg-config does not find @KITH@; set PKG_CONFIG_PATH to the folder of @KITH@.pc, or KITH_BUILD)
endif

@NAME@.so: @NAME@.c
	$(CC) $(flags) $(CFLAGS) -shared -o $@ $< $(LDFLAGS) -lm

check: @NAME@.so
	$(KITH) check ./@NAME@.so
	KITH='$(KITH)' sh ./test.sh

clean:
	rm -f @NAME@.so

.PHONY: check clean

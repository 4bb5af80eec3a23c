include launch/report/local.mk
include launch/authoring/local.mk

bin_PROGRAMS += launch/kith
launch_kith_SOURCES = launch/command.h launch/console.c launch/console.h launch/eval/eval.c launch/eval/eval.h \
	launch/eval/options.c launch/eval/print.c launch/eval/replay.c launch/eval/replay.h launch/graph/chain.c \
	launch/graph/chain.h launch/graph/chain_hops.c launch/graph/graph.c launch/graph/survey.c launch/graph/survey.h \
	launch/info.c launch/main.c launch/options.c launch/options.h launch/partition.c launch/partition.h \
	launch/plot/options.c launch/prepare.c launch/prepare.h launch/report/outputs.c launch/run.c launch/show.c \
	launch/sweep/books.c launch/sweep/books.h launch/sweep/plan.c launch/sweep/plan.h launch/sweep/run.c \
	launch/sweep/run.h launch/sweep/sweep.c launch/sweep/table.c launch/sweep/table.h launch/sweep/values.c \
	launch/sweep/values.h launch/workers/frames.c launch/workers/frames.h launch/workers/launcher.c \
	launch/workers/launcher.h launch/workers/openmpi.c launch/workers/openmpi.h launch/workers/roster.c \
	launch/workers/roster.h launch/workers/scratch.c launch/workers/scratch.h launch/workers/signals.c \
	launch/workers/signals.h launch/workers/start.c launch/workers/start.h launch/workers/supervise.c \
	launch/workers/worker.c launch/workers/worker.h $(launch_output_sources) $(plugin_author_sources)
launch_kith_LDADD = $(libkith) $(SQLITE_LIBS) $(SYSTEM_LIBS)
launch_kith_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) -DKITH_TEMPLATES_DIR='"$(templatesdir)"'
dist_man_MANS += docs/kith.1
exampledir = $(docdir)/examples
dist_example_DATA = launch/slurm.sbatch
EXTRA_DIST += .ci/run launch/check launch/common.sh launch/quickstart

# Sanitizers and Open MPI do not go together, so a tree with them tests what runs as one process.
.PHONY: check-units
check-units:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(unit_tests)"

# What the width of a real can change: numbers, bits, refusals, and plugins of the other precision. How workers start and stop it
# cannot.
.PHONY: check-precision
check-precision:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(unit_tests) tests/e2e/bits.test tests/e2e/refusals.test tests/e2e/plugin.test"

unit_tests += tests/unit/sweep
tests_unit_sweep_SOURCES = tests/unit/sweep.c launch/sweep/values.h launch/sweep/values.c
tests_unit_sweep_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_sweep_LDADD = $(LDADD) $(SQLITE_LIBS)

unit_tests += tests/unit/openmpi
tests_unit_openmpi_SOURCES = tests/unit/openmpi.c launch/console.c launch/console.h launch/workers/frames.c \
	launch/workers/frames.h launch/workers/launcher.h launch/workers/openmpi.c launch/workers/openmpi.h \
	launch/workers/roster.c launch/workers/roster.h launch/workers/signals.c launch/workers/signals.h \
	launch/workers/start.h launch/workers/supervise.c

TESTS += tests/e2e/cli.test tests/e2e/sweep.test tests/e2e/figures.test
EXTRA_DIST += tests/e2e/cli.test tests/e2e/sweep.test tests/e2e/figures.test tests/e2e/read_events.py tests/e2e/common.sh

include launch/output.mk
include launch/plugins.mk

bin_PROGRAMS += launch/kith
launch_kith_SOURCES = launch/chain.c launch/chain.h launch/chain_hops.c launch/command.h launch/console.c launch/console.h \
	launch/eval.c launch/eval.h launch/eval_options.c launch/eval_print.c \
	launch/replay.c launch/replay.h \
	launch/graph.c launch/info.c launch/launcher.c launch/launcher.h launch/main.c launch/options.c launch/options.h \
	launch/outputs.c launch/plot_options.c launch/partition.c launch/partition.h launch/prepare.c launch/prepare.h \
	launch/roster.c launch/roster.h launch/run.c launch/scratch.c launch/scratch.h launch/show.c launch/signals.c launch/signals.h \
	launch/start.c launch/start.h launch/supervise.c launch/survey.c launch/survey.h \
	launch/sweep.c launch/sweep_books.c launch/sweep_books.h launch/sweep_plan.c launch/sweep_plan.h \
	launch/sweep_run.c launch/sweep_run.h launch/sweep_table.c launch/sweep_table.h launch/sweep_values.c \
	launch/sweep_values.h launch/worker.c launch/worker.h $(launch_output_sources) $(plugin_author_sources)
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
tests_unit_sweep_SOURCES = tests/unit/sweep.c launch/sweep_values.h launch/sweep_values.c
tests_unit_sweep_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_sweep_LDADD = $(LDADD) $(SQLITE_LIBS)

TESTS += tests/e2e/cli.test tests/e2e/sweep.test tests/e2e/figures.test
EXTRA_DIST += tests/e2e/cli.test tests/e2e/sweep.test tests/e2e/figures.test tests/e2e/read_events.py tests/e2e/common.sh

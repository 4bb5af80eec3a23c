include launch/commands/report/local.mk
include launch/commands/authoring/local.mk

# All of the program but main(), for its unit tests as well.
noinst_LIBRARIES += launch/liblaunch.a
launch_liblaunch_a_SOURCES = launch/command.h launch/services/console.c launch/services/console.h \
	launch/commands/eval/eval.c launch/commands/eval/eval.h launch/commands/eval/expand.c \
	launch/commands/eval/options.c launch/commands/eval/print.c launch/commands/eval/replay.c \
	launch/commands/eval/replay.h launch/commands/graph/chain.c launch/commands/graph/chain.h \
	launch/commands/graph/chain_hops.c launch/commands/graph/graph.c launch/commands/graph/survey.c \
	launch/commands/graph/survey.h launch/commands/landscape/coordinates.c launch/commands/landscape/gallery.c \
	launch/commands/landscape/landscape.c launch/commands/landscape/landscape.h \
	launch/commands/landscape/options.c launch/commands/landscape/surface.c launch/commands/landscape/write.c \
	launch/commands/join/alike.c launch/commands/join/join.h launch/commands/join/options.c \
	launch/commands/join/runs.c launch/commands/join/write.c launch/commands/ended.c \
	launch/commands/ended.h launch/commands/info.c launch/commands/info_json.c \
	launch/commands/info_json.h launch/commands/init.c launch/services/option_words.c launch/services/options.c \
	launch/services/options.h launch/commands/partition.c launch/commands/partition.h \
	launch/commands/plot/options.c launch/services/prepare.c launch/services/prepare.h \
	launch/commands/report/outputs.c launch/commands/run.c launch/commands/runs/compare.c \
	launch/commands/runs/list.c launch/commands/runs/note.c launch/commands/runs/remove.c \
	launch/commands/runs/watch.c launch/commands/show.c launch/commands/sweep/books.c \
	launch/commands/sweep/books.h launch/commands/sweep/draws.c launch/commands/sweep/draws.h \
	launch/commands/sweep/dry.c launch/commands/sweep/dry.h launch/commands/sweep/folders.c \
	launch/commands/sweep/halving.c launch/commands/sweep/halving.h launch/commands/sweep/past.c \
	launch/commands/sweep/plan.c launch/commands/sweep/plan.h launch/commands/sweep/run.c \
	launch/commands/sweep/run.h launch/commands/sweep/sweep.c launch/commands/sweep/table.c \
	launch/commands/sweep/table.h launch/commands/sweep/twins.c launch/commands/sweep/values.c \
	launch/commands/sweep/values.h launch/services/workers/dying.c launch/services/workers/dying.h \
	launch/services/workers/frames.c launch/services/workers/frames.h launch/services/workers/guard.c \
	launch/services/workers/guard.h launch/services/workers/launcher.c launch/services/workers/launcher.h \
	launch/services/workers/openmpi.c launch/services/workers/openmpi.h launch/services/workers/patience.c \
	launch/services/workers/patience.h launch/services/workers/request.c launch/services/workers/request.h \
	launch/services/workers/roster.c launch/services/workers/roster.h launch/services/workers/scratch.c \
	launch/services/workers/scratch.h launch/services/workers/signals.c launch/services/workers/signals.h \
	launch/services/workers/start.c launch/services/workers/start.h launch/services/workers/supervise.c \
	launch/services/workers/worker.c launch/services/workers/worker.h $(launch_output_sources) \
	$(plugin_author_sources)
launch_liblaunch_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) -DKITH_TEMPLATES_DIR='"$(templatesdir)"' \
	-DKITH_DOCUMENTS_DIR='"$(docdir)"'
bin_PROGRAMS += launch/kith
launch_kith_SOURCES = launch/main.c
# Plugins find these of the command before those of the C library.
launch_kith_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic-symbol=exit -Wl,--export-dynamic-symbol=_exit \
	-Wl,--export-dynamic-symbol=_Exit -Wl,--export-dynamic-symbol=quick_exit -Wl,--export-dynamic-symbol=err \
	-Wl,--export-dynamic-symbol=errx -Wl,--export-dynamic-symbol=verr -Wl,--export-dynamic-symbol=verrx
launch_kith_LDADD = launch/liblaunch.a $(core_ldadd)
dist_man_MANS += docs/kith.1
exampledir = $(docdir)/examples
dist_example_DATA = launch/slurm.sbatch launch/kith.def
EXTRA_DIST += .ci/run launch/check launch/check-debian launch/common.sh launch/quickstart CHANGELOG

# Sanitizers and Open MPI do not go together, so a tree with them tests what runs as one process.
.PHONY: check-units
check-units:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(unit_tests)"

# What the width of a real can change: numbers, bits, refusals, and plugins of the other precision. How workers start
# and stop it cannot.
.PHONY: check-precision
check-precision:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(unit_tests) tests/e2e/bits.test tests/e2e/external.test \
		tests/e2e/refusals.test tests/e2e/plugin.test tests/e2e/installed.test"

unit_tests += tests/unit/draws
tests_unit_draws_SOURCES = tests/unit/draws.c
tests_unit_draws_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_draws_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
unit_tests += tests/unit/sweep
tests_unit_sweep_SOURCES = tests/unit/sweep.c
tests_unit_sweep_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_sweep_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)

unit_tests += tests/unit/openmpi
tests_unit_openmpi_SOURCES = tests/unit/openmpi.c launch/services/console.c launch/services/console.h \
	launch/services/progress.c launch/services/progress.h launch/services/wrap.c launch/services/wrap.h \
	launch/services/workers/frames.c launch/services/workers/frames.h launch/services/workers/launcher.c \
	launch/services/workers/launcher.h \
	launch/services/workers/openmpi.c launch/services/workers/openmpi.h launch/services/workers/request.c \
	launch/services/workers/request.h launch/services/workers/roster.c launch/services/workers/roster.h \
	launch/services/workers/signals.c launch/services/workers/signals.h launch/services/workers/start.h \
	launch/services/workers/supervise.c

TESTS += tests/e2e/papers.test tests/e2e/cli.test tests/e2e/halving.test tests/e2e/join.test tests/e2e/longer.test \
	tests/e2e/sweep.test tests/e2e/figures.test \
	tests/e2e/browser.test tests/e2e/landscape.test tests/e2e/tensorboard.test
EXTRA_DIST += tests/e2e/papers.test tests/e2e/cli.test tests/e2e/halving.test tests/e2e/join.test \
	tests/e2e/longer.test tests/e2e/sweep.test tests/e2e/figures.test tests/e2e/landscape.test \
	tests/e2e/browser.test tests/e2e/browser.py tests/e2e/tensorboard.test tests/e2e/read_events.py \
	tests/e2e/common.sh tests/e2e/hosts.sh tests/e2e/cluster.sh

unit_tests += tests/unit/landscape
tests_unit_landscape_SOURCES = tests/unit/landscape.c
tests_unit_landscape_LDADD = launch/liblaunch.a $(LDADD)
tests_unit_landscape_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)

AM_TESTS_ENVIRONMENT = top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' KITH_NAME='$(KITH_NAME)'; \
	export top_srcdir top_builddir KITH_NAME;
TEST_EXTENSIONS = .test

# Unit tests link the library itself and run as one worker.
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
EXTRA_PROGRAMS += $(unit_tests)
LDADD = $(libkith) $(CMOCKA_LIBS) $(SYSTEM_LIBS)
noinst_HEADERS = tests/unit/support.h
TESTS += tests/e2e/arrows.test tests/e2e/bits.test tests/e2e/check.test tests/e2e/dying.test tests/e2e/eval.test tests/e2e/hosts.test tests/e2e/plugin.test tests/e2e/population.test tests/e2e/population-states.test tests/e2e/refusals.test tests/e2e/readers.test tests/e2e/resume.test tests/e2e/slurm.test tests/e2e/traffic.test
EXTRA_DIST += tests/e2e/arrows.test tests/e2e/bits.test tests/e2e/check.test tests/e2e/dying.test tests/e2e/eval.test tests/e2e/hosts.test tests/e2e/plugin.test tests/e2e/population.test tests/e2e/population-states.test tests/e2e/refusals.test tests/e2e/readers.test tests/e2e/resume.test tests/e2e/slurm.test tests/e2e/traffic.test tests/e2e/dying.c

# It installs from the build tree, for which libtool moves every plugin away and back; so it comes last, alone.
tests/e2e/plugin.log: $(filter-out tests/e2e/plugin.log,$(TEST_LOGS))

# Preloaded by resume.test
check_LTLIBRARIES += tests/e2e/slow-disk.la
tests_e2e_slow_disk_la_SOURCES = tests/e2e/slow_disk.c
tests_e2e_slow_disk_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

EXTRA_DIST += tests/bench/same-bits.sh tests/bench/gossip.sh tests/bench/gossip-lenet.ini tests/bench/walk-workers.sh

# Needs Python and packages that nothing else here needs; see docs/benchmarks.md
EXTRA_DIST += tests/bench/peers/run.py
EXTRA_DIST += tests/bench/peers/prepare.py
EXTRA_DIST += tests/bench/peers/common.py
EXTRA_DIST += tests/bench/peers/flower_peer.py
EXTRA_DIST += tests/bench/peers/pfl_peer.py
EXTRA_DIST += tests/bench/peers/plain_peer.py
EXTRA_DIST += tests/bench/peers/flgo_peer.py
EXTRA_DIST += tests/bench/peers/flgo_task/__init__.py
EXTRA_DIST += tests/bench/peers/flgo_task/core.py
EXTRA_DIST += tests/bench/peers/openspiel_peer.py

AM_TESTS_ENVIRONMENT = top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' KITH_NAME='$(KITH_NAME)' \
	CXX='$(CXX)' KITH_CC='$(CC)' KITH_MPI_CFLAGS='$(MPI_CFLAGS)'; export top_srcdir top_builddir KITH_NAME CXX \
	KITH_CC KITH_MPI_CFLAGS;
TEST_EXTENSIONS = .test

# Unit tests hold the core like the program, and run as one worker.
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
EXTRA_PROGRAMS += $(unit_tests)
LDADD = $(CMOCKA_LIBS) $(core_ldadd)
noinst_HEADERS = tests/unit/support.h
e2e_tests = \
	tests/e2e/alone.test \
	tests/e2e/arrows.test \
	tests/e2e/asynchrony.test \
	tests/e2e/bits.test \
	tests/e2e/cases.test \
	tests/e2e/check.test \
	tests/e2e/commands.test tests/e2e/moments.test tests/e2e/tmux.test tests/e2e/tutorials.test \
	tests/e2e/counts.test \
	tests/e2e/dying.test \
	tests/e2e/edit.test \
	tests/e2e/ending.test \
	tests/e2e/eval.test \
	tests/e2e/external.test \
	tests/e2e/external-data.test \
	tests/e2e/cluster.test \
	tests/e2e/contained.test \
	tests/e2e/early.test \
	tests/e2e/faults.test \
	tests/e2e/filters.test \
	tests/e2e/forged.test \
	tests/e2e/hosts.test \
	tests/e2e/init.test \
	tests/e2e/installed.test \
	tests/e2e/interfaces.test \
	tests/e2e/learners.test \
	tests/e2e/lost.test \
	tests/e2e/merge.test \
	tests/e2e/metrics.test \
	tests/e2e/recording.test \
	tests/e2e/models.test \
	tests/e2e/outputs.test \
	tests/e2e/participants.test \
	tests/e2e/plugin.test \
	tests/e2e/population-states.test \
	tests/e2e/population.test \
	tests/e2e/provenance.test \
	tests/e2e/python.test \
	tests/e2e/readers.test \
	tests/e2e/refusals.test \
	tests/e2e/resume.test \
	tests/e2e/runs.test \
	tests/e2e/slurm.test \
	tests/e2e/stops.test tests/e2e/long.test \
	tests/e2e/tensors.test \
	tests/e2e/terminal.test \
	tests/e2e/traffic.test tests/e2e/unlike.test \
	tests/e2e/record.test \
	tests/e2e/values.test
TESTS += $(e2e_tests)
EXTRA_DIST += $(e2e_tests) tests/e2e/counts.py tests/e2e/external.py tests/e2e/external_data.py tests/e2e/dying.c \
	tests/e2e/tensors.py

# One program of tests, and with CASE the cases of it whose names match: docs/testing.md.
.PHONY: one
one:
	@test -n '$(TEST)' || { \
		echo 'make one: which? TEST=tests/unit/conv, say, or TEST=tests/e2e/cli.test' >&2; exit 2; }
	@case '$(TEST):$(CASE)' in *.test:?*) echo 'make one: $(TEST) has no cases, leave CASE away' >&2; exit 2 ;; esac
	@$(MAKE) -s --no-print-directory $(AM_MAKEFLAGS) all
	@$(MAKE) -s --no-print-directory $(AM_MAKEFLAGS) $(check_LTLIBRARIES) \
		$(if $(filter tests/e2e/%,$(TEST)),,$(TEST:.test=)) \
		$(if $(filter tests/e2e/forged.test,$(TEST)),tests/fuzz/forge)
	@$(AM_TESTS_ENVIRONMENT) KITH_TEST='$(CASE)' $(if $(filter %.test,$(TEST)),bash $(srcdir)/)$(TEST)

# What was installed: docs/testing.md.
.PHONY: installcheck-local
installcheck-local:
	@$(AM_TESTS_ENVIRONMENT) KITH_INSTALLED='$(DESTDIR)$(bindir)' bash $(srcdir)/tests/e2e/installed.test

# For `make distcheck TESTS='$$(short_tests)'`: whether a release holds all that it needs; the rest knows no folders.
short_tests = tests/unit/registry tests/unit/external tests/unit/openmpi tests/e2e/alone.test tests/e2e/bits.test \
	tests/e2e/init.test tests/e2e/interfaces.test tests/e2e/metrics.test

# Faults at random (docs/testing.md): how many, and the seed.
FAULTS = 100
SEED = 1
KIND = all
FIRST = 0
ROUNDS = 100000
.PHONY: faults
faults: all
	top_srcdir=$(srcdir) top_builddir=$(builddir) KITH_FAULTS_TOLD=1 \
		$(srcdir)/tests/faults/campaign.sh $(FAULTS) $(SEED) $(KIND) $(FIRST)

# Of hosts and links, of many rounds, and of jobs under Slurm.
.PHONY: links long slurm
slurm: all
	top_srcdir=$(srcdir) top_builddir=$(builddir) $(srcdir)/tests/faults/slurm.sh
links: all
	top_srcdir=$(srcdir) top_builddir=$(builddir) KITH_LINKS='$(FAULTS) $(SEED) $(FIRST)' \
		$(srcdir)/tests/faults/links.sh
long: all
	top_srcdir=$(srcdir) top_builddir=$(builddir) $(srcdir)/tests/faults/long.sh $(ROUNDS)
EXTRA_DIST += tests/faults/campaign.sh tests/faults/links.sh tests/faults/long.sh tests/faults/slurm.sh

# Readers of bytes from outside, each for FUZZ seconds (or, as in FUZZ=1000000x, so many times): docs/testing.md.
FUZZ = 60
.PHONY: fuzz
fuzz:
	$(srcdir)/tests/fuzz/run $(FUZZ) $(READER)
EXTRA_DIST += tests/fuzz/run tests/fuzz/readers.c tests/fuzz/forged tests/fuzz/seeds

# Checkpoints that were made up, so many for each engine, in a tree with sanitizers: docs/testing.md.
FORGED = 1000
check_PROGRAMS += tests/fuzz/forge
tests_fuzz_forge_SOURCES = tests/fuzz/forge.c
tests_fuzz_forge_LDADD = $(core_ldadd)
.PHONY: forged
forged: all tests/fuzz/forge
	top_srcdir=$(srcdir) top_builddir=$(builddir) $(srcdir)/tests/fuzz/forged $(FORGED) $(SEED) $(ENGINE)

# Preloaded by resume.test
check_LTLIBRARIES += tests/e2e/slow-disk.la
tests_e2e_slow_disk_la_SOURCES = tests/e2e/slow_disk.c
tests_e2e_slow_disk_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

EXTRA_DIST += tests/bench/same-bits.sh tests/bench/gossip.sh tests/bench/gossip-lenet.ini \
	tests/bench/walk-workers.sh tests/bench/alone.sh

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
EXTRA_DIST += tests/plugins/huber.cc

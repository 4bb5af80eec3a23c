libkith_sources += core/engine/walk/clock.c core/engine/walk/graph.c core/engine/walk/learn.c \
	core/engine/walk/optimum.c core/engine/walk/save.c core/engine/walk/settings.c core/engine/walk/settings.h \
	core/engine/walk/sums.c core/engine/walk/theory.c core/engine/walk/walk.c core/engine/walk/walk.h
unit_tests += tests/unit/walk
tests_unit_walk_SOURCES = tests/unit/walk.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/walks.h
unit_tests += tests/unit/walktable
tests_unit_walktable_SOURCES = tests/unit/walktable.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/walks.h
check_LTLIBRARIES += tests/plugins/astray.la
tests_plugins_astray_la_SOURCES = tests/plugins/astray.c
tests_plugins_astray_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
# Prints rates; make check does not run it.
EXTRA_PROGRAMS += tests/bench/walk
tests_bench_walk_SOURCES = tests/bench/walk.c tests/unit/quadratics.h tests/unit/runner.h
tests_bench_walk_LDADD = $(core_ldadd)
check_LTLIBRARIES += tests/plugins/by-examples.la
tests_plugins_by_examples_la_SOURCES = tests/plugins/by-examples.c tests/plugins/dies.h
tests_plugins_by_examples_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
unit_tests += tests/unit/told
tests_unit_told_SOURCES = tests/unit/told.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/walktheory
tests_unit_walktheory_SOURCES = tests/unit/walktheory.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/walks.h

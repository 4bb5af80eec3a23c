libkith_sources += core/engine/filter/call.c core/engine/filter/chain.h core/engine/filter/filters.h \
	core/engine/filter/open.c core/engine/filter/shared.c
unit_tests += tests/unit/filters
tests_unit_filters_SOURCES = tests/unit/filters.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
# Prints what filters cost; make check does not run it.
EXTRA_PROGRAMS += tests/bench/filters
tests_bench_filters_SOURCES = tests/bench/filters.c
tests_bench_filters_LDADD = $(core_ldadd)

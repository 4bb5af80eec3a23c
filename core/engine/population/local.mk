libkith_sources += core/engine/population/jobs.c core/engine/population/kind.h core/engine/population/markov.c \
	core/engine/population/matrix.c core/engine/population/measure.c core/engine/population/network.c \
	core/engine/population/policies.h core/engine/population/population.c core/engine/population/population.h \
	core/engine/population/save.c core/engine/population/settings.c core/engine/population/settings.h \
	core/engine/population/size.c core/engine/population/size.h core/engine/population/tables.c
unit_tests += tests/unit/population
tests_unit_population_SOURCES = tests/unit/population.c tests/unit/runner.h
unit_tests += tests/unit/population_states
tests_unit_population_states_SOURCES = tests/unit/population_states.c tests/unit/gameworld.h tests/unit/runner.h
check_LTLIBRARIES += tests/plugins/told.la
tests_plugins_told_la_SOURCES = tests/plugins/told.c
tests_plugins_told_la_LDFLAGS = $(module_ldflags) -rpath /nowhere

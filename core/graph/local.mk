libkith_sources += core/graph/chain.c core/graph/check.c core/graph/eigen.c core/graph/edges.c \
	core/graph/examine.h core/graph/graph.c core/graph/least.c core/graph/lists.c core/graph/matrix.c \
	core/graph/names.c core/graph/pairs.c core/graph/random.c core/graph/read.c core/graph/read.h \
	core/graph/repelled.c core/graph/repelled.h core/graph/rows.c core/graph/shapes.c core/graph/spectrum.c \
	core/graph/spectrum.h core/graph/weights.c core/graph/weights.h
unit_tests += tests/unit/least
tests_unit_least_SOURCES = tests/unit/least.c tests/unit/graphworld.h
unit_tests += tests/unit/graphs tests/unit/graphfiles tests/unit/graphlists tests/unit/schedules
tests_unit_graphfiles_SOURCES = tests/unit/graphfiles.c tests/unit/graphworld.h tests/unit/scratch.h
tests_unit_graphlists_SOURCES = tests/unit/graphlists.c tests/unit/graphworld.h tests/unit/scratch.h
tests_unit_schedules_SOURCES = tests/unit/schedules.c tests/unit/graphworld.h
tests_unit_graphs_SOURCES = tests/unit/graphs.c tests/unit/graphworld.h

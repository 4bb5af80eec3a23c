libkith_sources += core/engine/participation/availability.c core/engine/participation/clock.c \
	core/engine/participation/clock_settings.c core/engine/participation/links.c core/engine/participation/links.h \
	core/engine/participation/participation.c core/engine/participation/participation.h \
	core/engine/participation/replay.c core/engine/participation/replay.h \
	core/engine/participation/sampling.c core/engine/participation/select.c core/engine/participation/select.h \
	core/engine/participation/settings.c core/engine/participation/settings.h core/engine/participation/timing.c \
	core/engine/participation/trace.c \
	core/engine/participation/trace.h
unit_tests += tests/unit/waiting
tests_unit_waiting_SOURCES = tests/unit/waiting.c
unit_tests += tests/unit/availability tests/unit/traces
tests_unit_availability_SOURCES = tests/unit/availability.c tests/unit/traceworld.h
tests_unit_traces_SOURCES = tests/unit/traces.c tests/unit/traceworld.h
unit_tests += tests/unit/participation
tests_unit_participation_SOURCES = tests/unit/participation.c
unit_tests += tests/unit/selection
tests_unit_selection_SOURCES = tests/unit/selection.c
unit_tests += tests/unit/replay
tests_unit_replay_SOURCES = tests/unit/replay.c tests/unit/scratch.h
EXTRA_PROGRAMS += tests/bench/plan
tests_bench_plan_SOURCES = tests/bench/plan.c
tests_bench_plan_LDADD = $(core_ldadd)

libkith_sources += core/engine/frame/defaults.c core/engine/frame/ending.c core/engine/frame/engines.c \
	core/engine/frame/frame.h core/engine/frame/gradients.c core/engine/frame/hosts.c core/engine/frame/learners.c \
	core/engine/frame/keep.c core/engine/frame/leave.c core/engine/frame/measures.c \
	core/engine/frame/measures.h core/engine/frame/measuring.c core/engine/frame/own.c \
	core/engine/frame/partition.c core/engine/frame/resolve.c core/engine/frame/resume.c \
	core/engine/frame/resume.h core/engine/frame/run.c core/engine/frame/run.h core/engine/frame/testing.c \
	core/engine/frame/testing.h
unit_tests += tests/unit/forged tests/unit/measures tests/unit/own tests/unit/personal
tests_unit_forged_SOURCES = tests/unit/forged.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/scratch.h \
	tests/unit/walks.h
ended_headers = tests/unit/ended.h tests/unit/quadratics.h tests/unit/runner.h tests/unit/scratch.h
tests_unit_measures_SOURCES = tests/unit/measures.c $(ended_headers)
tests_unit_measures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_own_SOURCES = tests/unit/own.c $(ended_headers)
tests_unit_own_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_personal_SOURCES = tests/unit/personal.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h

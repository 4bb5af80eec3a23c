include core/engine/participation/local.mk
include core/engine/federated/local.mk
include core/engine/decentralized/local.mk
include core/engine/walk/local.mk
include core/engine/population/local.mk
include core/engine/contest/local.mk

libkith_sources += core/engine/deal.c core/engine/deal.h core/engine/engine.h core/engine/engines.c \
	core/engine/evaluate.c core/engine/frame.h core/engine/gradients.c core/engine/lanes.c core/engine/lanes.h \
	core/engine/measures.c core/engine/measures.h core/engine/resolve.c core/engine/resume.c core/engine/resume.h \
	core/engine/run.c core/engine/run.h core/engine/saving.c core/engine/settings.c core/engine/settings.h \
	core/engine/trainer.c core/engine/trainer.h
unit_tests += tests/unit/measures
tests_unit_measures_SOURCES = tests/unit/measures.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/scratch.h
tests_unit_measures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_measures_LDADD = $(LDADD) $(SQLITE_LIBS)

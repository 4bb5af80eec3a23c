libkith_sources += core/engine/clock.c core/engine/deal.c core/engine/deal.h core/engine/engine.h core/engine/evaluate.c \
	core/engine/federated.c core/engine/participation.c core/engine/participation.h core/engine/run.c core/engine/run.h \
	core/engine/sampling.c core/engine/settings.c core/engine/settings.h core/engine/trainer.c core/engine/trainer.h
unit_tests += tests/unit/participation tests/unit/anarchic
tests_unit_participation_SOURCES = tests/unit/participation.c
tests_unit_anarchic_SOURCES = tests/unit/anarchic.c tests/unit/runner.h

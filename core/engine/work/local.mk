libkith_sources += core/engine/work/deal.c core/engine/work/deal.h core/engine/work/dealing.h \
	core/engine/work/evaluate.c core/engine/work/evaluate.h core/engine/work/initial.c core/engine/work/initial.h \
	core/engine/work/lanes.c core/engine/work/lanes.h core/engine/work/matching.c \
	core/engine/work/matching.h core/engine/work/queue.c core/engine/work/queue.h \
	core/engine/work/settings.c core/engine/work/settings.h core/engine/work/trainer.c core/engine/work/trainer.h
unit_tests += tests/unit/losses
tests_unit_losses_SOURCES = tests/unit/losses.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/queue
tests_unit_queue_SOURCES = tests/unit/queue.c
unit_tests += tests/unit/smoothing
tests_unit_smoothing_SOURCES = tests/unit/smoothing.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/matching
tests_unit_matching_SOURCES = tests/unit/matching.c tests/unit/dataworld.h

libkith_sources += core/record/record.h core/record/record.c core/record/inside.h core/record/numbers.c \
	core/record/schema.h core/record/schema.c core/record/aside.h core/record/aside.c core/record/marks.h \
	core/record/marks.c core/record/holdings.h core/record/holdings.c core/record/lock.c core/record/removal.c \
	core/record/npy.c core/record/npy_rows.h core/record/policies.h core/record/policies.c \
	core/record/checkpoint.h core/record/checkpoint.c core/record/graphs.h core/record/graphs.c \
	core/record/collect.h core/record/collect.c core/record/former.h core/record/former.c core/record/pending.h \
	core/record/pending.c core/record/arrivals.h core/record/arrivals.c core/record/saves.h core/record/saves.c \
	core/record/tensors.h core/record/tensors_inside.h core/record/tensors.c core/record/tensors_header.c \
	core/record/tensors_read.c core/record/events.c core/record/events.h core/record/live.c core/record/live.h
unit_tests += tests/unit/safetensors tests/unit/pending
tests_unit_pending_SOURCES = tests/unit/pending.c tests/unit/recorded.h
tests_unit_pending_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_safetensors_SOURCES = tests/unit/safetensors.c tests/unit/scratch.h
unit_tests += tests/unit/record tests/unit/recorded_graphs tests/unit/npy tests/unit/checkpoint tests/unit/holdings
tests_unit_holdings_SOURCES = tests/unit/holdings.c tests/unit/scratch.h
tests_unit_recorded_graphs_SOURCES = tests/unit/recorded_graphs.c tests/unit/quadratics.h tests/unit/runner.h \
	tests/unit/scratch.h
tests_unit_recorded_graphs_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_record_SOURCES = tests/unit/record.c tests/unit/recorded.h
tests_unit_record_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_npy_SOURCES = tests/unit/npy.c
tests_unit_checkpoint_SOURCES = tests/unit/checkpoint.c tests/unit/scratch.h

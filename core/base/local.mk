libkith_sources += core/base/assign.c core/base/assign.h
libkith_sources += core/base/call.c core/base/call.h core/base/cholesky.c core/base/cholesky.h core/base/ctx.c \
	core/base/heap.c core/base/heap.h core/base/lines.c core/base/metrics.c core/base/metrics.h core/base/now.c \
	core/base/now.h core/base/plain.c core/base/plain.h core/base/number.c core/base/random.c \
	core/base/headway.c core/base/headway.h core/base/shorten.c core/base/shorten.h core/base/stop.c \
	core/base/stop.h core/base/visible.c core/base/visible.h
unit_tests += tests/unit/heap tests/unit/random tests/unit/call tests/unit/lines tests/unit/stop \
	tests/unit/headway
tests_unit_heap_SOURCES = tests/unit/heap.c
tests_unit_random_SOURCES = tests/unit/random.c
tests_unit_call_SOURCES = tests/unit/call.c
tests_unit_stop_SOURCES = tests/unit/stop.c
tests_unit_headway_SOURCES = tests/unit/headway.c
tests_unit_lines_SOURCES = tests/unit/lines.c tests/unit/scratch.h
tests_unit_lines_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)

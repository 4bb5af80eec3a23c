libkith_sources += core/base/ctx.c core/base/heap.c core/base/heap.h core/base/now.c core/base/now.h core/base/number.c core/base/random.c core/base/shorten.c \
	core/base/shorten.h
unit_tests += tests/unit/random
tests_unit_random_SOURCES = tests/unit/random.c
unit_tests += tests/unit/heap
tests_unit_heap_SOURCES = tests/unit/heap.c

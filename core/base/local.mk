libkith_sources += core/base/call.c core/base/call.h core/base/ctx.c core/base/now.c core/base/now.h core/base/number.c \
	core/base/random.c core/base/shorten.c core/base/shorten.h
unit_tests += tests/unit/random
tests_unit_random_SOURCES = tests/unit/random.c
unit_tests += tests/unit/call
tests_unit_call_SOURCES = tests/unit/call.c

libkith_sources += core/engine/contest/contest.c core/engine/contest/contest.h core/engine/contest/entrants.c \
	core/engine/contest/inside.h core/engine/contest/play.c core/engine/contest/respond.c
unit_tests += tests/unit/contest
tests_unit_contest_SOURCES = tests/unit/contest.c tests/unit/scratch.h

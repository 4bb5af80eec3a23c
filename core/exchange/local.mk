libkith_sources += core/exchange/barrier.c core/exchange/board.c core/exchange/contained.c core/exchange/cores.c \
	core/exchange/queues.c \
	core/exchange/exchange.h core/exchange/inside.h core/exchange/layout.c core/exchange/machine.h \
	core/exchange/mean.c core/exchange/memory.c core/exchange/narrow.h core/exchange/place.c \
	core/exchange/publish.c core/exchange/same.c core/exchange/share.c core/exchange/slice.c
unit_tests += tests/unit/exchange
tests_unit_exchange_SOURCES = tests/unit/exchange.c

check_PROGRAMS += tests/mpi/board
tests_mpi_board_SOURCES = tests/mpi/board.c tests/mpi/contents.c tests/mpi/fault.c tests/mpi/try.c tests/mpi/try.h
tests_mpi_board_LDADD = $(core_ldadd)
TESTS += tests/mpi/board.test
EXTRA_DIST += tests/mpi/board.test

# Prints latencies and rates. Always built, so that it cannot rot; make check does not run it.
noinst_PROGRAMS += tests/bench/exchange
tests_bench_exchange_SOURCES = tests/bench/exchange.c
tests_bench_exchange_LDADD = $(core_ldadd)

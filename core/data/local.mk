libkith_sources += core/data/data.h core/data/internal.h core/data/rows.h core/data/store.c core/data/pool.c \
	core/data/generated.c core/data/check.c core/data/scaling.c core/data/gather.c core/data/tables.c \
	core/data/partition.c core/data/sizes.c core/data/dirichlet.c core/data/labels.c core/data/dealfile.c \
	core/data/testshare.c core/data/flips.c core/data/redraw.c core/data/remarks.c

unit_tests += tests/unit/partition tests/unit/data tests/unit/flips tests/unit/testshare
tests_unit_partition_SOURCES = tests/unit/partition.c tests/unit/dataworld.h
tests_unit_data_SOURCES = tests/unit/data.c tests/unit/dataworld.h
tests_unit_testshare_SOURCES = tests/unit/testshare.c tests/unit/dataworld.h
unit_tests += tests/unit/redraw
tests_unit_redraw_SOURCES = tests/unit/redraw.c tests/unit/dataworld.h
tests_unit_flips_SOURCES = tests/unit/flips.c tests/unit/dataworld.h

# Readers of files are built with the parts they share; each module has its own copy.
packed_sources = datasets/packed.c datasets/packed.h
table_sources = datasets/table.c datasets/table.h

plugins_LTLIBRARIES += modules/synthetic.la modules/glyphs.la modules/idx.la modules/points.la \
	modules/cifar.la modules/csv.la modules/libsvm.la modules/npy.la modules/text.la

modules_synthetic_la_SOURCES = datasets/synthetic.c
modules_synthetic_la_LDFLAGS = $(module_ldflags)
modules_synthetic_la_LIBADD = $(SYSTEM_LIBS)

modules_glyphs_la_SOURCES = datasets/glyphs.c
modules_glyphs_la_LDFLAGS = $(module_ldflags)
modules_glyphs_la_LIBADD = $(SYSTEM_LIBS)

modules_idx_la_SOURCES = datasets/idx.c $(packed_sources)
modules_idx_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
modules_idx_la_LDFLAGS = $(module_ldflags)
modules_idx_la_LIBADD = $(ZLIB_LIBS)

modules_cifar_la_SOURCES = datasets/cifar.c $(packed_sources)
modules_cifar_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
modules_cifar_la_LDFLAGS = $(module_ldflags)
modules_cifar_la_LIBADD = $(ZLIB_LIBS)

modules_points_la_SOURCES = datasets/points.c $(table_sources)
modules_points_la_LDFLAGS = $(module_ldflags)
modules_points_la_LIBADD = $(SYSTEM_LIBS)

modules_csv_la_SOURCES = datasets/csv.c datasets/csv_columns.c datasets/csv.h datasets/holdout.c datasets/holdout.h \
	datasets/names.c datasets/names.h $(table_sources)
modules_csv_la_LDFLAGS = $(module_ldflags)
modules_csv_la_LIBADD = $(SYSTEM_LIBS)

modules_libsvm_la_SOURCES = datasets/libsvm.c datasets/holdout.c datasets/holdout.h datasets/names.c datasets/names.h \
	$(table_sources)
modules_libsvm_la_LDFLAGS = $(module_ldflags)
modules_libsvm_la_LIBADD = $(SYSTEM_LIBS)

modules_npy_la_SOURCES = datasets/npy.c $(packed_sources)
modules_npy_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
modules_npy_la_LDFLAGS = $(module_ldflags)
modules_npy_la_LIBADD = $(ZLIB_LIBS) $(SYSTEM_LIBS)

modules_text_la_SOURCES = datasets/text.c $(packed_sources)
modules_text_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
modules_text_la_LDFLAGS = $(module_ldflags)
modules_text_la_LIBADD = $(ZLIB_LIBS) $(SYSTEM_LIBS)

unit_tests += tests/unit/datasets tests/unit/readers tests/unit/readers_csv tests/unit/readers_npy tests/unit/text
unit_tests += tests/unit/encodings tests/unit/arrays tests/unit/kinds
tests_unit_kinds_SOURCES = tests/unit/kinds.c tests/unit/dataworld.h tests/unit/opened.h tests/unit/scratch.h
tests_unit_arrays_SOURCES = tests/unit/arrays.c tests/unit/dataworld.h tests/unit/opened.h tests/unit/scratch.h
tests_unit_encodings_SOURCES = tests/unit/encodings.c tests/unit/dataworld.h tests/unit/opened.h tests/unit/scratch.h
tests_unit_readers_csv_SOURCES = tests/unit/readers_csv.c tests/unit/dataworld.h tests/unit/opened.h \
	tests/unit/scratch.h
tests_unit_text_SOURCES = tests/unit/text.c tests/unit/opened.h tests/unit/dataworld.h
tests_unit_datasets_SOURCES = tests/unit/datasets.c tests/unit/opened.h tests/unit/dataworld.h
tests_unit_datasets_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
readers_world = tests/unit/readersworld.h tests/unit/dataworld.h tests/unit/opened.h tests/unit/scratch.h
tests_unit_readers_SOURCES = tests/unit/readers.c $(readers_world)
tests_unit_readers_npy_SOURCES = tests/unit/readers_npy.c $(readers_world)
tests_unit_readers_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_readers_npy_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)

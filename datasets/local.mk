plugins_LTLIBRARIES += modules/synthetic.la modules/glyphs.la modules/idx.la modules/points.la modules/text.la

modules_synthetic_la_SOURCES = datasets/synthetic.c
modules_synthetic_la_LDFLAGS = $(module_ldflags)
modules_synthetic_la_LIBADD = $(libkith) $(SYSTEM_LIBS)

modules_glyphs_la_SOURCES = datasets/glyphs.c
modules_glyphs_la_LDFLAGS = $(module_ldflags)
modules_glyphs_la_LIBADD = $(libkith) $(SYSTEM_LIBS)

modules_idx_la_SOURCES = datasets/idx.c
modules_idx_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
modules_idx_la_LDFLAGS = $(module_ldflags)
modules_idx_la_LIBADD = $(libkith) $(ZLIB_LIBS)

modules_points_la_SOURCES = datasets/points.c
modules_points_la_LDFLAGS = $(module_ldflags)
modules_points_la_LIBADD = $(libkith) $(SYSTEM_LIBS)

modules_text_la_SOURCES = datasets/text.c
modules_text_la_LDFLAGS = $(module_ldflags)
modules_text_la_LIBADD = $(libkith) $(SYSTEM_LIBS)

unit_tests += tests/unit/datasets
tests_unit_datasets_SOURCES = tests/unit/datasets.c tests/unit/dataworld.h
tests_unit_datasets_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_datasets_LDADD = $(LDADD) $(ZLIB_LIBS)

libkith_sources += core/plugin/check.h core/plugin/descriptor.c core/plugin/elf.c core/plugin/folders.c \
	core/plugin/folders.h core/plugin/opener.c core/plugin/opener.h core/plugin/instance.c core/plugin/lengthen.c \
	core/plugin/model.c core/plugin/model.h core/plugin/ops.c core/plugin/registry.c core/plugin/registry.h \
	core/plugin/rows.c core/plugin/rows.h \
	core/plugin/units.c core/plugin/units.h
unit_tests += tests/unit/blocks
tests_unit_blocks_SOURCES = tests/unit/blocks.c tests/unit/dataworld.h
unit_tests += tests/unit/registry tests/unit/descriptors
tests_unit_registry_SOURCES = tests/unit/registry.c tests/unit/registryworld.h tests/unit/scratch.h
tests_unit_descriptors_SOURCES = tests/unit/descriptors.c tests/unit/registryworld.h tests/unit/scratch.h

# Plugins for the tests of the loader; -rpath makes libtool build shared modules of them.
check_LTLIBRARIES += tests/plugins/sound.la tests/plugins/silent.la tests/plugins/unresolved.la \
	tests/plugins/later.la tests/plugins/precision.la tests/plugins/misnamed.la tests/plugins/wide.la \
	tests/plugins/failing.la
tests_plugins_sound_la_SOURCES = tests/plugins/sample.c
tests_plugins_sound_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_silent_la_SOURCES = tests/plugins/sample.c
tests_plugins_silent_la_LDFLAGS = $(KITH_EXTRA_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_plugins_silent_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_SILENT
tests_plugins_unresolved_la_SOURCES = tests/plugins/sample.c
tests_plugins_unresolved_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_unresolved_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_UNRESOLVED -DSAMPLE_ID='"unresolved"'
tests_plugins_later_la_SOURCES = tests/plugins/sample.c
tests_plugins_later_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_later_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_MAJOR=3
tests_plugins_precision_la_SOURCES = tests/plugins/sample.c
tests_plugins_precision_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_precision_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_PRECISION
tests_plugins_misnamed_la_SOURCES = tests/plugins/sample.c
tests_plugins_misnamed_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_wide_la_SOURCES = tests/plugins/sample.c
tests_plugins_wide_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_wide_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_WIDE -DSAMPLE_ID='"wide"'
tests_plugins_failing_la_SOURCES = tests/plugins/sample.c
tests_plugins_failing_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_failing_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_FAILING -DSAMPLE_ID='"failing"'

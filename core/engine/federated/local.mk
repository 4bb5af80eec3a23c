libkith_sources += core/engine/federated/federated.c core/engine/federated/federated.h \
	core/engine/federated/planes.c core/engine/federated/save.c
unit_tests += tests/unit/anarchic
tests_unit_anarchic_SOURCES = tests/unit/anarchic.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/federated
tests_unit_federated_SOURCES = tests/unit/federated.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/rivals
tests_unit_rivals_SOURCES = tests/unit/rivals.c tests/unit/quadratics.h tests/unit/runner.h
check_LTLIBRARIES += tests/plugins/clipped.la
tests_plugins_clipped_la_SOURCES = tests/plugins/clipped.c
tests_plugins_clipped_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_clipped_la_LIBADD = $(libkith)

libkith_sources += core/engine/federated/federated.c core/engine/federated/federated.h \
	core/engine/federated/planes.c core/engine/federated/save.c
unit_tests += tests/unit/anarchic
tests_unit_anarchic_SOURCES = tests/unit/anarchic.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/federated
tests_unit_federated_SOURCES = tests/unit/federated.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/rivals
tests_unit_rivals_SOURCES = tests/unit/rivals.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/asynchronous
tests_unit_asynchronous_SOURCES = tests/unit/asynchronous.c tests/unit/quadratics.h tests/unit/runner.h \
	tests/unit/scratch.h
check_LTLIBRARIES += tests/plugins/bowls.la tests/plugins/clipped.la tests/plugins/heads.la
tests_plugins_bowls_la_SOURCES = tests/plugins/bowls.c
tests_plugins_bowls_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_heads_la_SOURCES = tests/plugins/heads.c
tests_plugins_heads_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_clipped_la_SOURCES = tests/plugins/clipped.c
tests_plugins_clipped_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
check_LTLIBRARIES += tests/plugins/counted.la
tests_plugins_counted_la_SOURCES = tests/plugins/counted.c tests/plugins/dies.h
tests_plugins_counted_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
check_LTLIBRARIES += tests/plugins/shorter.la
tests_plugins_shorter_la_SOURCES = tests/plugins/shorter.c
tests_plugins_shorter_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
unit_tests += tests/unit/alike
tests_unit_alike_SOURCES = tests/unit/alike.c

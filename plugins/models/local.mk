plugins_LTLIBRARIES += modules/quadratic.la modules/linear.la modules/mlp.la modules/cnn.la
modules_quadratic_la_SOURCES = plugins/models/quadratic.c
modules_quadratic_la_LDFLAGS = $(module_ldflags)
modules_quadratic_la_LIBADD = $(libkith)
modules_linear_la_SOURCES = plugins/models/linear.c
modules_linear_la_LDFLAGS = $(module_ldflags)
modules_linear_la_LIBADD = $(libkith)
modules_mlp_la_SOURCES = plugins/models/mlp.c
modules_mlp_la_LDFLAGS = $(module_ldflags)
modules_mlp_la_LIBADD = $(libkith) $(SYSTEM_LIBS)
modules_cnn_la_SOURCES = plugins/models/cnn/cnn.c plugins/models/cnn/cnn.h plugins/models/cnn/plan.c \
	plugins/models/cnn/read.c
modules_cnn_la_LDFLAGS = $(module_ldflags)
modules_cnn_la_LIBADD = $(libkith) $(SYSTEM_LIBS)
unit_tests += tests/unit/models
tests_unit_models_SOURCES = tests/unit/models.c
unit_tests += tests/unit/cnn
tests_unit_cnn_SOURCES = tests/unit/cnn.c

plugins_LTLIBRARIES += modules/quadratic.la modules/linear.la modules/mlp.la modules/cnn.la modules/lstm.la \
	modules/logistic.la
modules_quadratic_la_SOURCES = plugins/models/quadratic.c
modules_quadratic_la_LDFLAGS = $(module_ldflags)
modules_linear_la_SOURCES = plugins/models/linear.c
modules_linear_la_LDFLAGS = $(module_ldflags)
modules_mlp_la_SOURCES = plugins/models/mlp.c
modules_mlp_la_LDFLAGS = $(module_ldflags)
modules_mlp_la_LIBADD = $(SYSTEM_LIBS)
modules_cnn_la_SOURCES = plugins/models/cnn/cnn.c plugins/models/cnn/cnn.h plugins/models/cnn/plan.c \
	plugins/models/cnn/read.c
modules_cnn_la_LDFLAGS = $(module_ldflags)
modules_cnn_la_LIBADD = $(SYSTEM_LIBS)
unit_tests += tests/unit/models tests/unit/linear_models
tests_unit_models_SOURCES = tests/unit/models.c tests/unit/loaded.h tests/unit/modelworld.h tests/unit/pieces.h
tests_unit_linear_models_SOURCES = tests/unit/linear_models.c tests/unit/loaded.h tests/unit/modelworld.h \
	tests/unit/pieces.h
unit_tests += tests/unit/cnn
tests_unit_cnn_SOURCES = tests/unit/cnn.c tests/unit/pieces.h
modules_lstm_la_SOURCES = plugins/models/lstm.c
modules_lstm_la_LDFLAGS = $(module_ldflags)
modules_lstm_la_LIBADD = $(SYSTEM_LIBS)
unit_tests += tests/unit/sequences
tests_unit_sequences_SOURCES = tests/unit/sequences.c tests/unit/loaded.h
modules_logistic_la_SOURCES = plugins/models/logistic.c
modules_logistic_la_LDFLAGS = $(module_ldflags)
modules_logistic_la_LIBADD = $(SYSTEM_LIBS)

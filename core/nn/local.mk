libkith_sources += core/nn/blas.c core/nn/blas.h core/nn/clones.h core/nn/dense.c core/nn/gather.c core/nn/lstm.c core/nn/sgd.c \
	core/nn/softmax.c core/nn/vector.c
EXTRA_PROGRAMS += tests/bench/train tests/bench/lstm
tests_bench_lstm_SOURCES = tests/bench/lstm.c plugins/models/lstm.c
tests_bench_lstm_CFLAGS = $(AM_CFLAGS)
tests_bench_lstm_LDADD = $(libkith) $(SYSTEM_LIBS)
tests_bench_train_SOURCES = tests/bench/train.c plugins/models/mlp.c
tests_bench_train_CFLAGS = $(AM_CFLAGS)
tests_bench_train_LDADD = $(libkith) $(SYSTEM_LIBS)
unit_tests += tests/unit/nn
tests_unit_nn_SOURCES = tests/unit/nn.c
unit_tests += tests/unit/lstm
tests_unit_lstm_SOURCES = tests/unit/lstm.c

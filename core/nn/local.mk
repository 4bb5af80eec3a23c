libkith_sources += core/nn/categorical.c core/nn/gru.c core/nn/layernorm.c core/nn/orthogonal.c core/nn/squash.h
unit_tests += tests/unit/recurrent
tests_unit_recurrent_SOURCES = tests/unit/recurrent.c
libkith_sources += core/nn/adamw.c core/nn/mix.c
libkith_sources += core/nn/bias.c core/nn/blas.c core/nn/blas.h core/nn/clones.h core/nn/conv.c core/nn/dense.c \
	core/nn/dropout.c core/nn/gather.c core/nn/groupnorm.c core/nn/groupnorm.h core/nn/lanes.h core/nn/lstm.c \
	core/nn/noise.c core/nn/normpool.c core/nn/pool.c core/nn/select.c core/nn/sgd.c core/nn/softmax.c \
	core/nn/vector.c
EXTRA_PROGRAMS += tests/bench/train tests/bench/lstm
tests_bench_lstm_SOURCES = tests/bench/lstm.c plugins/models/lstm.c
tests_bench_lstm_CFLAGS = $(AM_CFLAGS)
tests_bench_lstm_LDADD = $(core_ldadd)
tests_bench_train_SOURCES = tests/bench/train.c plugins/models/mlp.c
tests_bench_train_CFLAGS = $(AM_CFLAGS)
tests_bench_train_LDADD = $(core_ldadd)
unit_tests += tests/unit/nn
tests_unit_nn_SOURCES = tests/unit/nn.c
unit_tests += tests/unit/conv tests/unit/pooling
tests_unit_conv_SOURCES = tests/unit/conv.c tests/unit/convworld.h
tests_unit_pooling_SOURCES = tests/unit/pooling.c tests/unit/convworld.h
EXTRA_PROGRAMS += tests/bench/conv
tests_bench_conv_SOURCES = tests/bench/conv.c plugins/models/cnn/cnn.c plugins/models/cnn/cnn.h \
	plugins/models/cnn/plan.c plugins/models/cnn/read.c
tests_bench_conv_CFLAGS = $(AM_CFLAGS)
tests_bench_conv_LDADD = $(core_ldadd)
unit_tests += tests/unit/lstm
tests_unit_lstm_SOURCES = tests/unit/lstm.c
# Only here may products be contracted into fused multiply-adds: see core/nn/direct.h and thin.h. A loop that is made
# one of vectors is contracted in part only; these have their vectors already.
noinst_LTLIBRARIES += core/nn/libfused.la
core_nn_libfused_la_SOURCES = core/nn/direct.c core/nn/direct.h core/nn/thin.c core/nn/thin.h
core_nn_libfused_la_CFLAGS = $(AM_CFLAGS) -ffp-contract=fast -fno-tree-vectorize

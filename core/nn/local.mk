libkith_sources += core/nn/blas.c core/nn/blas.h core/nn/clones.h core/nn/dense.c core/nn/sgd.c core/nn/softmax.c \
	core/nn/vector.c

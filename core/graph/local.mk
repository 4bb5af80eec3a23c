libkith_sources += core/graph/check.c core/graph/edges.c core/graph/graph.c core/graph/read.c core/graph/rows.c \
	core/graph/matrix.c core/graph/pairs.c core/graph/random.c core/graph/read.h core/graph/shapes.c core/graph/weights.c core/graph/weights.h

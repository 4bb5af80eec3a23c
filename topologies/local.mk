plugins_LTLIBRARIES += modules/ring.la modules/star.la
modules_ring_la_SOURCES = topologies/ring.c
modules_ring_la_LDFLAGS = $(module_ldflags)
modules_ring_la_LIBADD = $(libkith)
modules_star_la_SOURCES = topologies/star.c
modules_star_la_LDFLAGS = $(module_ldflags)
modules_star_la_LIBADD = $(libkith)

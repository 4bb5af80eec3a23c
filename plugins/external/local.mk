# What runs in another process: a game, a model, data.
child_sources = plugins/external/child.c plugins/external/child.h
talk_sources = $(child_sources) plugins/external/region.c plugins/external/region.h plugins/external/talk.c \
	plugins/external/talk.h
plugins_LTLIBRARIES += modules/external.la modules/external-game.la
modules_external_la_SOURCES = plugins/external/model.c plugins/external/place.c plugins/external/place.h \
	$(talk_sources)
modules_external_la_LDFLAGS = $(module_ldflags)
modules_external_la_LIBADD = $(SYSTEM_LIBS)
plugins_LTLIBRARIES += modules/external-data.la
modules_external_data_la_SOURCES = plugins/external/data.c $(talk_sources)
modules_external_data_la_LDFLAGS = $(module_ldflags)
modules_external_data_la_LIBADD = $(SYSTEM_LIBS)
modules_external_game_la_SOURCES = plugins/external/game.c $(child_sources)
modules_external_game_la_LDFLAGS = $(module_ldflags)
modules_external_game_la_LIBADD = $(SYSTEM_LIBS)
unit_tests += tests/unit/external
tests_unit_external_SOURCES = tests/unit/external.c tests/unit/gameworld.h
nobase_dist_doc_DATA += docs/games.md experiments/games/pennies.py
# What programs in Python import: beside the plugins, which tell programs where.
adaptersdir = $(pluginsdir)/adapters
dist_adapters_DATA = adapters/kith.py adapters/kith_channel.py adapters/kith_data.py adapters/kith_numpy.py \
	adapters/kith_torch.py
DISTCLEANFILES += modules/adapters
nobase_dist_doc_DATA += experiments/external/logistic.py experiments/external/mlp_numpy.py \
	experiments/external/mlp_torch.py experiments/external/resnet.py experiments/external/lora.py \
	experiments/external/probe.py
EXTRA_PROGRAMS += tests/bench/external
tests_bench_external_SOURCES = tests/bench/external.c plugins/external/model.c plugins/external/place.c \
	plugins/external/place.h $(talk_sources)
tests_bench_external_CFLAGS = $(AM_CFLAGS)
tests_bench_external_LDADD = $(core_ldadd)
EXTRA_DIST += tests/bench/external.py

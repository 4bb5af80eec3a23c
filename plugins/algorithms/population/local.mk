plugins_LTLIBRARIES += modules/double-oracle.la modules/fictitious-play.la modules/fsp.la modules/ftrl.la \
	modules/fxp.la modules/mwu.la modules/psro.la modules/regret-matching.la modules/replicator.la \
	modules/self-play.la
modules_double_oracle_la_SOURCES = plugins/algorithms/population/double_oracle.c plugins/algorithms/population/single.h
modules_double_oracle_la_LDFLAGS = $(module_ldflags)
modules_fictitious_play_la_SOURCES = plugins/algorithms/population/fictitious_play.c \
	plugins/algorithms/population/rule.h plugins/algorithms/population/single.h
modules_fictitious_play_la_LDFLAGS = $(module_ldflags)
modules_fsp_la_SOURCES = plugins/algorithms/population/fsp.c plugins/algorithms/population/single.h
modules_fsp_la_LDFLAGS = $(module_ldflags)
modules_ftrl_la_SOURCES = plugins/algorithms/population/ftrl.c plugins/algorithms/population/rule.h \
	plugins/algorithms/population/single.h
modules_ftrl_la_LDFLAGS = $(module_ldflags)
modules_ftrl_la_LIBADD = $(SYSTEM_LIBS)
modules_fxp_la_SOURCES = plugins/algorithms/population/fxp.c
modules_fxp_la_LDFLAGS = $(module_ldflags)
modules_mwu_la_SOURCES = plugins/algorithms/population/mwu.c plugins/algorithms/population/rule.h \
	plugins/algorithms/population/single.h
modules_mwu_la_LDFLAGS = $(module_ldflags)
modules_mwu_la_LIBADD = $(SYSTEM_LIBS)
modules_psro_la_SOURCES = plugins/algorithms/population/psro.c
modules_psro_la_LDFLAGS = $(module_ldflags)
modules_regret_matching_la_SOURCES = plugins/algorithms/population/regret_matching.c \
	plugins/algorithms/population/rule.h plugins/algorithms/population/single.h
modules_regret_matching_la_LDFLAGS = $(module_ldflags)
modules_replicator_la_SOURCES = plugins/algorithms/population/replicator.c plugins/algorithms/population/rule.h \
	plugins/algorithms/population/single.h
modules_replicator_la_LDFLAGS = $(module_ldflags)
modules_replicator_la_LIBADD = $(SYSTEM_LIBS)
modules_self_play_la_SOURCES = plugins/algorithms/population/self_play.c plugins/algorithms/population/single.h
modules_self_play_la_LDFLAGS = $(module_ldflags)

libkith_sources += core/engine/decentralized/clock.c core/engine/decentralized/decentralized.c \
	core/engine/decentralized/differences.c core/engine/decentralized/edges.c core/engine/decentralized/gossip.h \
	core/engine/decentralized/graph.c core/engine/decentralized/measure.c core/engine/decentralized/meetings.c \
	core/engine/decentralized/meetings.h core/engine/decentralized/merge.c core/engine/decentralized/mix.c \
	core/engine/decentralized/pairs.c core/engine/decentralized/publish.c core/engine/decentralized/ranks.c \
	core/engine/decentralized/ranks.h core/engine/decentralized/rows.c core/engine/decentralized/save.c \
	core/engine/decentralized/settings.c core/engine/decentralized/settings.h core/engine/decentralized/sketch.c
unit_tests += tests/unit/contributions tests/unit/ranks
contribution_world = tests/unit/contributionworld.h tests/unit/graphworld.h tests/unit/measured.h \
	tests/unit/quadratics.h tests/unit/runner.h
tests_unit_contributions_SOURCES = tests/unit/contributions.c $(contribution_world)
tests_unit_ranks_SOURCES = tests/unit/ranks.c $(contribution_world)
unit_tests += tests/unit/gossip
tests_unit_gossip_SOURCES = tests/unit/gossip.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/gossip_measures
tests_unit_gossip_measures_SOURCES = tests/unit/gossip_measures.c tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
unit_tests += tests/unit/gossip_reach
tests_unit_gossip_reach_SOURCES = tests/unit/gossip_reach.c tests/unit/quadratics.h tests/unit/runner.h \
	tests/unit/scratch.h
unit_tests += tests/unit/gossip_edges
tests_unit_gossip_edges_SOURCES = tests/unit/gossip_edges.c tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/gossip_pairs tests/unit/meetings
pair_world = tests/unit/measured.h tests/unit/pairworld.h tests/unit/quadratics.h tests/unit/runner.h
tests_unit_gossip_pairs_SOURCES = tests/unit/gossip_pairs.c $(pair_world)
tests_unit_meetings_SOURCES = tests/unit/meetings.c $(pair_world)
unit_tests += tests/unit/gossip_saved
tests_unit_gossip_saved_SOURCES = tests/unit/gossip_saved.c tests/unit/quadratics.h tests/unit/runner.h \
	tests/unit/scratch.h
check_LTLIBRARIES += tests/plugins/one-way.la
tests_plugins_one_way_la_SOURCES = tests/plugins/one-way.c
tests_plugins_one_way_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
check_LTLIBRARIES += tests/plugins/by-hand.la
tests_plugins_by_hand_la_SOURCES = tests/plugins/by-hand.c tests/plugins/dies.h
tests_plugins_by_hand_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
check_LTLIBRARIES += tests/plugins/follower.la
tests_plugins_follower_la_SOURCES = tests/plugins/follower.c tests/plugins/dies.h
tests_plugins_follower_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
check_LTLIBRARIES += tests/plugins/shorter-gossip.la
tests_plugins_shorter_gossip_la_SOURCES = tests/plugins/shorter.c
tests_plugins_shorter_gossip_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_shorter_gossip_la_CPPFLAGS = $(AM_CPPFLAGS) -DSHORTER_GOSSIP
unit_tests += tests/unit/gossip_heard
tests_unit_gossip_heard_SOURCES = tests/unit/gossip_heard.c tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
# Prints rates; make check does not run it.
EXTRA_PROGRAMS += tests/bench/mix
tests_bench_mix_SOURCES = tests/bench/mix.c
tests_bench_mix_LDADD = $(core_ldadd)
unit_tests += tests/unit/gossip_filters
tests_unit_gossip_filters_SOURCES = tests/unit/gossip_filters.c tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
unit_tests += tests/unit/gossip_clock
tests_unit_gossip_clock_SOURCES = tests/unit/gossip_clock.c tests/unit/quadratics.h tests/unit/runner.h \
	tests/unit/scratch.h
unit_tests += tests/unit/adaptive
tests_unit_adaptive_SOURCES = tests/unit/adaptive.c tests/unit/graphworld.h tests/unit/measured.h \
	tests/unit/quadratics.h tests/unit/runner.h
unit_tests += tests/unit/gossip_merge
tests_unit_gossip_merge_SOURCES = tests/unit/gossip_merge.c tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
unit_tests += tests/unit/gossip_momentum tests/unit/kept_graph
tests_unit_gossip_momentum_SOURCES = tests/unit/gossip_momentum.c tests/unit/quadratics.h tests/unit/runner.h
tests_unit_kept_graph_SOURCES = tests/unit/kept_graph.c $(contribution_world)

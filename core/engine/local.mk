libkith_sources += core/engine/decentralized.c core/engine/gossip.h core/engine/gossip_edges.c core/engine/gossip_graph.c \
	core/engine/gossip_measure.c core/engine/gossip_mix.c core/engine/gossip_pairs.c core/engine/gossip_rows.c \
	core/engine/gossip_save.c core/engine/gossip_sketch.c core/engine/meetings.c core/engine/meetings.h
unit_tests += tests/unit/contributions
tests_unit_contributions_SOURCES = tests/unit/contributions.c tests/unit/graphworld.h tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
unit_tests += tests/unit/gossip tests/unit/gossip_measures tests/unit/gossip_edges tests/unit/gossip_pairs tests/unit/gossip_saved
tests_unit_gossip_SOURCES = tests/unit/gossip.c tests/unit/measured.h tests/unit/quadratics.h tests/unit/runner.h
tests_unit_gossip_measures_SOURCES = tests/unit/gossip_measures.c tests/unit/measured.h tests/unit/quadratics.h \
	tests/unit/runner.h
tests_unit_gossip_edges_SOURCES = tests/unit/gossip_edges.c tests/unit/quadratics.h tests/unit/runner.h
tests_unit_gossip_pairs_SOURCES = tests/unit/gossip_pairs.c tests/unit/quadratics.h tests/unit/runner.h
tests_unit_gossip_saved_SOURCES = tests/unit/gossip_saved.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/scratch.h
check_LTLIBRARIES += tests/plugins/one-way.la
tests_plugins_one_way_la_SOURCES = tests/plugins/one-way.c
tests_plugins_one_way_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_one_way_la_LIBADD = $(libkith)

libkith_sources += core/engine/walk.c core/engine/walk.h core/engine/walk_graph.c core/engine/walk_learn.c core/engine/walk_optimum.c \
	core/engine/walk_save.c core/engine/walk_sums.c
unit_tests += tests/unit/walk tests/unit/walktable
tests_unit_walktable_SOURCES = tests/unit/walktable.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/walks.h
tests_unit_walk_SOURCES = tests/unit/walk.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/walks.h

libkith_sources += core/engine/availability.c core/engine/clock.c core/engine/contest.c core/engine/contest.h \
	core/engine/contest_entrants.c core/engine/contest_inside.h core/engine/contest_play.c core/engine/contest_respond.c core/engine/deal.c core/engine/deal.h \
	core/engine/engine.h core/engine/engines.c core/engine/evaluate.c core/engine/federated.c \
	core/engine/federated.h core/engine/federated_save.c core/engine/frame.h core/engine/gradients.c \
	core/engine/lanes.c core/engine/lanes.h core/engine/measures.c core/engine/measures.h \
	core/engine/participation.c core/engine/participation.h core/engine/population.c core/engine/population.h core/engine/population_jobs.c \
	core/engine/population_kind.h core/engine/population_markov.c core/engine/population_matrix.c \
	core/engine/population_network.c core/engine/population_tables.c core/engine/population_measure.c core/engine/population_save.c core/engine/population_settings.c \
	core/engine/ranks.c core/engine/ranks.h core/engine/resolve.c core/engine/resume.c \
	core/engine/resume.h core/engine/run.c core/engine/run.h core/engine/sampling.c core/engine/saving.c \
	core/engine/settings.c core/engine/settings.h core/engine/timing.c core/engine/trace.c core/engine/trace.h \
	core/engine/trainer.c core/engine/trainer.h
unit_tests += tests/unit/contest
tests_unit_contest_SOURCES = tests/unit/contest.c tests/unit/scratch.h
unit_tests += tests/unit/population tests/unit/population_states
tests_unit_population_states_SOURCES = tests/unit/population_states.c tests/unit/gameworld.h tests/unit/runner.h
tests_unit_population_SOURCES = tests/unit/population.c tests/unit/runner.h
unit_tests += tests/unit/anarchic tests/unit/availability tests/unit/measures tests/unit/federated tests/unit/participation
tests_unit_availability_SOURCES = tests/unit/availability.c
tests_unit_measures_SOURCES = tests/unit/measures.c tests/unit/quadratics.h tests/unit/runner.h tests/unit/scratch.h
tests_unit_measures_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_measures_LDADD = $(LDADD) $(SQLITE_LIBS)
tests_unit_anarchic_SOURCES = tests/unit/anarchic.c tests/unit/quadratics.h tests/unit/runner.h
tests_unit_federated_SOURCES = tests/unit/federated.c tests/unit/quadratics.h tests/unit/runner.h
tests_unit_participation_SOURCES = tests/unit/participation.c
unit_tests += tests/unit/rivals
tests_unit_rivals_SOURCES = tests/unit/rivals.c tests/unit/quadratics.h tests/unit/runner.h

check_LTLIBRARIES += tests/plugins/clipped.la
tests_plugins_clipped_la_SOURCES = tests/plugins/clipped.c
tests_plugins_clipped_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_clipped_la_LIBADD = $(libkith)

EXTRA_PROGRAMS += tests/bench/walk
tests_bench_walk_SOURCES = tests/bench/walk.c tests/unit/quadratics.h tests/unit/runner.h
tests_bench_walk_LDADD = $(libkith) $(SYSTEM_LIBS)
check_LTLIBRARIES += tests/plugins/astray.la
tests_plugins_astray_la_SOURCES = tests/plugins/astray.c
tests_plugins_astray_la_LDFLAGS = $(module_ldflags) -rpath /nowhere
tests_plugins_astray_la_LIBADD = $(libkith)
# Prints rates; make check does not run it.
EXTRA_PROGRAMS += tests/bench/mix
tests_bench_mix_SOURCES = tests/bench/mix.c
tests_bench_mix_LDADD = $(libkith) $(SYSTEM_LIBS)

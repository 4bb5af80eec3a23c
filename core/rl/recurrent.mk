# Recurrent policies: networks, rollouts, PPO, learners, matches.
libkith_sources += core/rl/improve.c core/rl/learner.c core/rl/learner.h \
	core/rl/learner_config.c core/rl/match.c core/rl/ppo.c core/rl/ppo.h core/rl/returns.c core/rl/returns.h \
	core/rl/rollout.c core/rl/rollout.h core/rl/envs.c core/rl/envs.h core/rl/tower.c core/rl/tower.h
unit_tests += tests/unit/learner tests/unit/rollouts tests/unit/tower
tests_unit_tower_SOURCES = tests/unit/tower.c
tests_unit_learner_SOURCES = tests/unit/learner.c tests/unit/pupil.h tests/unit/recall.h
tests_unit_rollouts_SOURCES = tests/unit/rollouts.c tests/unit/pupil.h tests/unit/recall.h
EXTRA_PROGRAMS += tests/bench/rollout
tests_bench_rollout_SOURCES = tests/bench/rollout.c plugins/games/battle.c plugins/games/draw.c plugins/games/draw.h
tests_bench_rollout_CFLAGS = $(AM_CFLAGS)
tests_bench_rollout_LDADD = $(core_ldadd)
check_PROGRAMS += tests/mpi/learner
tests_mpi_learner_SOURCES = tests/mpi/learner.c tests/unit/recall.h
tests_mpi_learner_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
tests_mpi_learner_LDADD = $(core_ldadd)
TESTS += tests/mpi/learner.test
EXTRA_DIST += tests/mpi/learner.test

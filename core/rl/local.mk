libkith_sources += core/rl/lp.c core/rl/meta.c core/rl/meta.h core/rl/oracle.c core/rl/oracle.h core/rl/payoff.c \
	core/rl/payoff.h
unit_tests += tests/unit/rl
tests_unit_rl_SOURCES = tests/unit/rl.c
libkith_sources += core/rl/markov.c core/rl/markov.h core/rl/markov_inside.h core/rl/markov_solve.c
unit_tests += tests/unit/markov
tests_unit_markov_SOURCES = tests/unit/markov.c tests/unit/gameworld.h
libkith_sources += core/rl/elo.c core/rl/elo.h core/rl/interval.c core/rl/interval.h
unit_tests += tests/unit/elo
tests_unit_elo_SOURCES = tests/unit/elo.c

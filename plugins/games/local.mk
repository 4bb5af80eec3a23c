drawing_sources = plugins/games/draw.c plugins/games/draw.h

plugins_LTLIBRARIES += modules/battle.la modules/soccer.la
modules_battle_la_SOURCES = plugins/games/battle.c $(drawing_sources)
modules_battle_la_LDFLAGS = $(module_ldflags)
modules_battle_la_LIBADD = $(libkith)
modules_soccer_la_SOURCES = plugins/games/soccer.c $(drawing_sources)
modules_soccer_la_LDFLAGS = $(module_ldflags)
modules_soccer_la_LIBADD = $(libkith)
unit_tests += tests/unit/battle tests/unit/soccer
tests_unit_battle_SOURCES = tests/unit/battle.c tests/unit/gameworld.h
tests_unit_soccer_SOURCES = tests/unit/soccer.c tests/unit/gameworld.h

libkith_sources += core/config/bind.c core/config/config.c core/config/config.h core/config/counts.c \
	core/config/entries.h core/config/file.c core/config/files.c core/config/given.c core/config/nearest.c \
	core/config/params.c core/config/spare.c core/config/text.c core/config/value.c core/config/value.h \
	core/config/when.c core/config/when.h core/config/write.c
unit_tests += tests/unit/config tests/unit/config_lines tests/unit/params tests/unit/when
tests_unit_when_SOURCES = tests/unit/when.c
tests_unit_config_SOURCES = tests/unit/config.c tests/unit/configs.h tests/unit/scratch.h
tests_unit_config_lines_SOURCES = tests/unit/config_lines.c tests/unit/configs.h tests/unit/scratch.h
tests_unit_params_SOURCES = tests/unit/params.c

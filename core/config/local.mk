libkith_sources += core/config/bind.c core/config/config.c core/config/config.h core/config/entries.h \
	core/config/file.c core/config/nearest.c core/config/params.c core/config/text.c core/config/value.c \
	core/config/value.h core/config/write.c

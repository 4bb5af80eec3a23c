libkith_sources += core/plugin/check.h core/plugin/descriptor.c core/plugin/elf.c core/plugin/folders.c \
	core/plugin/folders.h core/plugin/instance.c core/plugin/ops.c core/plugin/registry.c core/plugin/registry.h

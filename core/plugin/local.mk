libkith_sources += core/plugin/registry.h

libkith_sources += core/config/config.h

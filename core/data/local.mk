libkith_sources += core/data/data.h

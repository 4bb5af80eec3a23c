libkith_sources += core/record/record.h

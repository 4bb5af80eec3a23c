libkith_sources += core/exchange/exchange.h

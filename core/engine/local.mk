libkith_sources += core/engine/engine.h core/engine/told.c core/engine/told.h

include core/engine/work/local.mk
include core/engine/frame/local.mk
include core/engine/participation/local.mk
include core/engine/filter/local.mk
include core/engine/federated/local.mk
include core/engine/decentralized/local.mk
include core/engine/walk/local.mk
include core/engine/population/local.mk
include core/engine/contest/local.mk

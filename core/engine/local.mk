libkith_sources += core/engine/clock.c core/engine/deal.c core/engine/deal.h core/engine/engine.h core/engine/evaluate.c \
	core/engine/federated.c core/engine/participation.c core/engine/participation.h core/engine/run.c core/engine/run.h \
	core/engine/sampling.c core/engine/settings.c core/engine/settings.h core/engine/trainer.c core/engine/trainer.h

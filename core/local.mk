kithincludedir = $(includedir)/kith
kithinclude_HEADERS = core/include/kith/base.h core/include/kith/dataset.h core/include/kith/decentralized.h \
	core/include/kith/federated.h core/include/kith/filter.h core/include/kith/game.h core/include/kith/graph.h \
	core/include/kith/kith.h core/include/kith/lines.h core/include/kith/model.h core/include/kith/nn.h \
	core/include/kith/plane.h core/include/kith/plugin.h core/include/kith/population.h \
	core/include/kith/random.h core/include/kith/topology.h core/include/kith/visit.h core/include/kith/walk.h

include core/base/local.mk
include core/config/local.mk
include core/graph/local.mk
include core/plugin/local.mk
include core/exchange/local.mk
include core/nn/local.mk
include core/data/local.mk
include core/rl/local.mk
include core/record/local.mk
include core/engine/local.mk
include core/rl/recurrent.mk

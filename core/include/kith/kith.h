/* All that a plugin may include, in one. */
#ifndef KITH_KITH_H
#define KITH_KITH_H

#include <kith/base.h>
#include <kith/dataset.h>
#include <kith/decentralized.h>
#include <kith/federated.h>
#include <kith/game.h>
#include <kith/graph.h>
#include <kith/model.h>
#include <kith/nn.h>
#include <kith/plane.h>
#include <kith/plugin.h>
#include <kith/population.h>
#include <kith/random.h>
#include <kith/topology.h>
#include <kith/visit.h>
#include <kith/walk.h>

#endif

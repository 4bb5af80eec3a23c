/* Topologies made of others: the host's side of kith_opener.
 * Ownership: the registry must outlive what was opened. Threads: one.
 */
#ifndef KITH_PLUGIN_INNER_H
#define KITH_PLUGIN_INNER_H

#include "plugin/registry.h"
#include <kith/topology.h>

kith_opener kith_opener_of(kith_registry *registry);

#endif

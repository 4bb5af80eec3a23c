/* Plugins that a text names, "name", "name(value)" or "name(value, key=value)", each with a configuration of its own:
 * filters of a chain, and topologies made of others, for which this is the host's side of kith_opener. Ownership: the
 * registry must outlive what was opened. Threads: one.
 */
#ifndef KITH_PLUGIN_OPENER_H
#define KITH_PLUGIN_OPENER_H

#include "plugin/registry.h"
#include <kith/filter.h>
#include <kith/topology.h>

typedef struct kith_spelt {
    kith_instance instance;
    struct kith_config *config;
} kith_spelt;
/* `owner` begins the messages. setting NULL: the text is checked, and nothing created. On failure there is nothing to
 * close. */
kith_status kith_spelt_open(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *owner,
                            const kith_setting *setting, const char *text, kith_spelt *out) KITH_CHECKED;
/* Takes zeros. */
void kith_spelt_close(kith_spelt *spelt);
/* Where the first of several such texts ends: at a comma outside of brackets, or at the end. */
const char *kith_spelt_end(const char *text);

kith_opener kith_opener_of(kith_registry *registry);

#endif

/* Finding, checking and loading plugins. A descriptor that the registry hands out is a copy as long as this host's own:
 * what a shorter one of the plugin's lacks is zero.
 *
 * Search order: the folders of KITH_PLUGIN_PATH (colon-separated), then the build tree's modules/ folder when the
 * program runs from its build tree, else $pkglibdir. The first ID.so found is the one.
 * Before dlopen the ELF headers are checked against the file's size, since mapping a truncated object kills the
 * process.
 * Ownership: descriptors belong to the registry, which outlives every instance.
 * Errors: KITH_EPLUGIN; the message names the file and the field that is wrong.
 * Threads: one.
 */
#ifndef KITH_REGISTRY_H
#define KITH_REGISTRY_H

#include "base/metrics.h"
#include <stdbool.h>

typedef struct kith_registry kith_registry;

kith_status kith_registry_create(kith_ctx *ctx, kith_registry **out) KITH_CHECKED;
void kith_registry_destroy(kith_registry *registry);

/* Loads a plugin by id. `where` says who asks, for the message ("exp.ini:3: run.algorithm"). A name that no folder has
 * is answered with the nearest known one of that kind, a plugin of another kind with its kind. Where ID.so is of
 * another kind, or not there, ID-KIND.so is the one, KIND being algorithm, topology, data, model, game or filter: so
 * one name may stand for plugins of several kinds, each with its own section. */
kith_status kith_registry_find(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *id,
                               const char *where, const kith_plugin **out) KITH_CHECKED;
/* Those that were found so, the i-th; false past the last. One that stands in for a plugin of Kith's own gets a note
 * when it is found first. */
typedef struct kith_used {
    const char *path;
    const kith_plugin *plugin;
    uint64_t digest; /* of the file's bytes, by XXH3 */
} kith_used;
bool kith_registry_used(const kith_registry *registry, size_t i, kith_used *out);
/* The i-th metric that those declare; false past the last. */
bool kith_registry_metric(const kith_registry *registry, size_t i, kith_metric *out);
/* A run begins to look for its own: of those that others found before nothing is in use. So what is in use, and in
 * which order, follows from the run alone, whatever a process looked for before. */
void kith_registry_begin(kith_registry *registry);
/* Loads one file and checks it, whatever its folder. */
kith_status kith_registry_load(kith_ctx *ctx, kith_registry *registry, const char *path,
                               const kith_plugin **out) KITH_CHECKED;

/* One entry of the list that `kith info` prints: sorted by kind, then id. A file that was refused has descriptor NULL
 * and the reason in `refusal`, and comes last. The list is good until the next call of list or find. */
typedef struct kith_listing {
    const char *path;
    const kith_plugin *plugin;
    const char *refusal;
} kith_listing;
kith_status kith_registry_list(kith_ctx *ctx, kith_registry *registry, const kith_listing **out,
                               size_t *count) KITH_CHECKED;

const char *kith_kind_name(uint32_t kind); /* "algorithm", "data set" ... */
const char *kith_role_name(uint32_t role);

/* An instance: a plugin, its filled-in config struct, and self. */
typedef struct kith_instance {
    const kith_plugin *plugin;
    void *config;
    void *self; /* once created */
    bool created;
} kith_instance;
struct kith_config;
/* Allocates the config struct and binds section [id] into it; nothing of the plugin runs. On failure *out is left
 * alone. */
kith_status kith_instance_bind(kith_ctx *ctx, struct kith_config *config, const kith_plugin *plugin,
                               kith_instance *out) KITH_CHECKED;
/* Calls create. */
kith_status kith_instance_create(kith_ctx *ctx, kith_instance *instance, const kith_setting *setting) KITH_CHECKED;
/* Checks section [id] of a plugin that the run does not use. */
kith_status kith_instance_check(kith_ctx *ctx, struct kith_config *config, const kith_plugin *plugin) KITH_CHECKED;
void kith_instance_close(kith_instance *instance);

#endif

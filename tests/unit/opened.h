/* The data sets that come with Kith, through the registry, the configuration and the store. */
#ifndef KITH_TESTS_OPENED_H
#define KITH_TESTS_OPENED_H

#include "dataworld.h"

#include <unistd.h>

typedef struct opened {
    world w;
    kith_registry *registry;
    kith_instance set;
    kith_data *data;
} opened;

/* Everything up to the data store; the failure's message is in o->w.ctx. `settings` ends with NULL. */
static inline kith_status try_open(opened *o, const char *id, uint64_t seed, const char *const *settings)
{
    *o = (opened){.w = world_open(settings)};
    const kith_plugin *plugin = NULL;
    const kith_setting setting = {.size = sizeof setting, .learners = (size_t)o->w.learners, .seed = seed};
    KITH_TRY(kith_registry_create(o->w.ctx, &o->registry));
    KITH_TRY(kith_registry_find(o->w.ctx, o->registry, KITH_DATASET, id, "test", &plugin));
    KITH_TRY(kith_instance_bind(o->w.ctx, o->w.config, plugin, &o->set));
    KITH_TRY(kith_instance_create(o->w.ctx, &o->set, &setting));
    return kith_data_open(o->w.ctx, o->w.ex, o->w.config, &o->set, &o->w.data, &o->w.partition, (size_t)o->w.learners,
                          seed, &o->data);
}

static inline void finish(opened *o)
{
    kith_data_close(o->data);
    kith_instance_close(&o->set);
    kith_registry_destroy(o->registry);
    world_close(&o->w);
}

#define OPEN(o, id, seed, ...)                                                                                         \
    do {                                                                                                               \
        const kith_status status_ = try_open(o, id, seed, (const char *const[]){__VA_ARGS__, NULL});                   \
        assert_ok((o)->w.ctx, status_);                                                                                \
    } while (0)

#define REFUSED(id, status, message, ...)                                                                              \
    do {                                                                                                               \
        opened o_;                                                                                                     \
        const kith_status status_ = try_open(&o_, id, 1, (const char *const[]){__VA_ARGS__, NULL});                    \
        assert_refused(o_.w.ctx, status_, status, message);                                                            \
        finish(&o_);                                                                                                   \
    } while (0)

static inline void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* Where the build's own data are, unless the user says where. */
static inline void find_data_folder(void)
{
    const char *source = getenv("top_srcdir");
    char folder[4096];
    if (!source || getenv("KITH_DATA")) return;
    snprintf(folder, sizeof folder, "%s/../shared/data", source);
    setenv("KITH_DATA", folder, 1);
}

static inline bool have(const char *path)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", kith_data_folder(), path);
    if (access(full, R_OK) == 0) return true;
    print_message("%s is missing (set KITH_DATA): skipped\n", full);
    return false;
}

#endif

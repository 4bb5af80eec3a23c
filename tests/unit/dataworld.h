/* What a data store needs around it: a context, one worker, and a configuration with the sections run, data, partition.
 */
#ifndef KITH_TESTS_DATAWORLD_H
#define KITH_TESTS_DATAWORLD_H

#include "support.h"

#include "config/config.h"
#include "data/internal.h"

typedef struct world {
    kith_ctx *ctx;
    kith_exchange *ex;
    kith_config *config;
    kith_partition_config partition;
    kith_data_config data;
    int64_t learners;
} world;

static inline void world_bind(world *w)
{
    static const kith_param run[] = {{"learners", KITH_TYPE_INT, 0, 0, "4", "1..", "", "how many learners"}};
    assert_ok(w->ctx, kith_config_bind(w->ctx, w->config, "run", run, 1, true, &w->learners));
    assert_ok(w->ctx, kith_config_bind(w->ctx, w->config, "partition", kith_partition_params,
                                       kith_partition_param_count, true, &w->partition));
    assert_ok(w->ctx,
              kith_config_bind(w->ctx, w->config, "data", kith_data_params, kith_data_param_count, true, &w->data));
}

/* `settings`: "section.key=value" texts, NULL at the end. */
static inline world world_open(const char *const *settings)
{
    world w = {.ctx = kith_ctx_create()};
    assert_non_null(w.ctx);
    assert_ok(w.ctx, kith_exchange_open(w.ctx, &(kith_exchange_options){0}, "test", &w.ex));
    assert_ok(w.ctx, kith_config_create(w.ctx, &w.config));
    for (; *settings; settings++)
        assert_ok(w.ctx, kith_config_set(w.ctx, w.config, *settings));
    world_bind(&w);
    return w;
}
#define WORLD(...) world_open((const char *const[]){__VA_ARGS__, NULL})

static inline void world_close(world *w)
{
    kith_config_destroy(w->config);
    kith_exchange_close(w->ex);
    kith_ctx_destroy(w->ctx);
}

/* The deal of a pool of labels that a test made up. */
static inline kith_deal_task task_of(const world *w, size_t examples, size_t classes, const int32_t *label)
{
    return (kith_deal_task){.config = w->config,
                            .how = &w->partition,
                            .learners = (size_t)w->learners,
                            .examples = examples,
                            .classes = classes,
                            .label = label,
                            .seed = 11};
}

#endif

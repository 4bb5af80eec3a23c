/* Runs an experiment inside a unit test: one worker, no MPI, nothing recorded. Include after support.h. */
#ifndef KITH_TESTS_RUNNER_H
#define KITH_TESTS_RUNNER_H

#include "config/config.h"
#include "engine/frame/run.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"

typedef struct runner {
    kith_ctx *ctx;
    kith_exchange *exchange;
    kith_registry *registry;
    kith_config *config;
    kith_run *run;
} runner;

/* list: "section.key=value" texts, ended by NULL. Returns the first failure; the message is in r->ctx. */
static inline kith_status runner_open(runner *r, const char *const *list)
{
    *r = (runner){.ctx = kith_ctx_create()};
    const kith_exchange_options alone = {0};
    const kith_run_options options = {.name = "test"};
    KITH_TRY(kith_exchange_open(r->ctx, &alone, "", &r->exchange));
    KITH_TRY(kith_registry_create(r->ctx, &r->registry));
    KITH_TRY(kith_config_create(r->ctx, &r->config));
    for (; *list; list++)
        KITH_TRY(kith_config_set(r->ctx, r->config, *list));
    KITH_TRY(kith_run_resolve(r->ctx, r->registry, r->config, &options, &r->run));
    return kith_run_open(r->ctx, r->run, r->exchange);
}

static inline kith_status runner_step(runner *r)
{
    bool stop = false, done = false;
    return kith_run_step(r->ctx, r->run, &stop, &done);
}

static inline const kith_real *runner_model(const runner *r)
{
    size_t d = 0;
    return kith_run_model(r->run, &d);
}

static inline void runner_close(runner *r)
{
    kith_run_close(r->run);
    if (r->config) kith_config_destroy(r->config);
    if (r->registry) kith_registry_destroy(r->registry);
    if (r->exchange) kith_exchange_close(r->exchange);
    kith_ctx_destroy(r->ctx);
}

#endif

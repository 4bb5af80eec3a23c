#include "launch/command.h"

#include "config/config.h"
#include "exchange/exchange.h"
#include "launch/services/console.h"
#include "launch/commands/partition.h"
#include "launch/services/prepare.h"
#include "launch/services/results/export.h"
#include "nn/blas.h"
#include <stdio.h>

/* Generated data are numbers like a run's, so arithmetic is set up as there. */
static kith_status show_partition(kith_ctx *ctx, const prepared *p, kith_exchange *exchange)
{
    struct kith_data *data = NULL;
    KITH_TRY(kith_blas_start(ctx));
    KITH_TRY(kith_run_deal(ctx, p->run, exchange, &data));
    return partition_print(ctx, data);
}

static kith_status print_pair(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    bool *any = arg;
    char name[256];
    (void)source;
    snprintf(name, sizeof name, "%s.%s", section, key);
    printf(*any ? ",\n " : "{");
    kith_json_text(stdout, name);
    printf(": ");
    kith_json_text(stdout, text);
    *any = true;
    return KITH_OK;
}

static kith_status show(kith_ctx *ctx, const run_options *options, prepared *p, kith_exchange **exchange)
{
    KITH_TRY(prepare(ctx, options, false, "", "", p));
    say_notes(ctx);
    if (options->partition) {
        KITH_TRY(kith_exchange_open(ctx, &(kith_exchange_options){0}, "", exchange));
        return show_partition(ctx, p, *exchange);
    }
    if (options->json) {
        bool any = false;
        KITH_TRY(kith_config_each(p->config, print_pair, &any));
        printf(any ? "}\n" : "{}\n");
        return KITH_OK;
    }
    const unsigned sources = options->sources ? KITH_WRITE_SOURCES : 0, all = options->all ? KITH_WRITE_ALL : 0;
    return kith_config_write(ctx, p->config, stdout, sources | all);
}

int command_show(int argc, char **argv)
{
    run_options options;
    const kith_status parsed = options_parse_show(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    prepared p = {0};
    kith_ctx *ctx = kith_ctx_create();
    kith_exchange *exchange = NULL;
    const kith_status status = show(ctx, &options, &p, &exchange);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    prepare_free(&p);
    if (exchange) kith_exchange_close(exchange);
    kith_ctx_destroy(ctx);
    options_free(&options);
    return code;
}

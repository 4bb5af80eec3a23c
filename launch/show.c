#include "command.h"

#include "config/config.h"
#include "console.h"
#include "prepare.h"
#include <stdio.h>

static kith_status show(kith_ctx *ctx, const run_options *options, prepared *p)
{
    KITH_TRY(prepare(ctx, options, false, "", "", p));
    say_notes(ctx);
    return kith_config_write(ctx, p->config, stdout, options->sources);
}

int command_show(int argc, char **argv)
{
    run_options options;
    const kith_status parsed = options_parse_show(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    prepared p = {0};
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = show(ctx, &options, &p);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    prepare_free(&p);
    kith_ctx_destroy(ctx);
    options_free(&options);
    return code;
}

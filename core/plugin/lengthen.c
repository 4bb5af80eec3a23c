/* Tables only grow at their end. So a plugin's tables are copied once, when it is loaded, into longer ones of this
 * host, and nobody has to ask whether a field is there. */
#include "plugin/check.h"
#include "plugin/registry.h"
#include "plugin/rows.h"

#include <string.h>

static kith_status lengthen_tables(kith_ctx *ctx, kith_plugin *own)
{
    void *params = NULL, *ops = NULL, *metrics = NULL, *defaults = NULL;
    const kith_rows own_metrics = kith_rows_metrics(own), own_defaults = kith_rows_defaults(own);
    const size_t size = kith_ops_size(own);
    KITH_TRY(
        kith_rows_lengthen(ctx, own->id, own->params, own->param_count, own->param_size, sizeof(kith_param), &params));
    kith_status status = kith_rows_lengthen(ctx, own->id, own->ops, 1, own->ops_size, size, &ops);
    if (status == KITH_OK) status = kith_rows_copy(ctx, &own_metrics, &metrics);
    if (status == KITH_OK) status = kith_rows_copy(ctx, &own_defaults, &defaults);
    if (status != KITH_OK) {
        kith_free(metrics);
        kith_free(ops);
        kith_free(params);
        return status;
    }
    own->params = params;
    own->param_size = sizeof(kith_param);
    own->ops = ops;
    own->ops_size = size;
    own->metrics = metrics;
    if (!metrics) own->metric_count = 0;
    own->metric_size = sizeof(kith_own_metric);
    own->defaults = defaults;
    if (!defaults) own->default_count = 0;
    own->default_size = sizeof(kith_default);
    return KITH_OK;
}

kith_status kith_plugin_lengthen(kith_ctx *ctx, const kith_plugin *plugin, kith_plugin **out)
{
    kith_plugin *own = NULL;
    KITH_TRY(KITH_ALLOC(ctx, plugin->id, 1, &own));
    memcpy(own, plugin, plugin->size < sizeof *own ? plugin->size : sizeof *own);
    own->size = sizeof *own;
    const kith_status status = lengthen_tables(ctx, own);
    if (status != KITH_OK) {
        kith_free(own);
        return status;
    }
    *out = own;
    return KITH_OK;
}

void kith_plugin_free(kith_plugin *plugin)
{
    if (!plugin) return;
    kith_free((void *)(uintptr_t)plugin->params);
    kith_free((void *)(uintptr_t)plugin->ops);
    kith_free((void *)(uintptr_t)plugin->metrics);
    kith_free((void *)(uintptr_t)plugin->defaults);
    kith_free(plugin);
}

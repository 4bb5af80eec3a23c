#include "plugin/rows.h"

#include <string.h>

#define ROWS(plugin, lower, upper, type, last)                                                                         \
    {                                                                                                                  \
#lower, "KITH_PLUGIN_" #upper "S", (plugin)->lower##s, (plugin)->lower##_count, (plugin)->lower##_size,        \
            KITH_END_OF(type, last), sizeof(type), _Alignof(type)                                                      \
    }

kith_rows kith_rows_metrics(const kith_plugin *plugin)
{
    if (plugin->size < KITH_END_OF(kith_plugin, metric_size)) return (kith_rows){.count = 0};
    return (kith_rows)ROWS(plugin, metric, METRIC, kith_own_metric, sentence);
}

kith_rows kith_rows_defaults(const kith_plugin *plugin)
{
    if (plugin->size < KITH_END_OF(kith_plugin, default_size)) return (kith_rows){.count = 0};
    return (kith_rows)ROWS(plugin, default, DEFAULT, kith_default, text);
}

kith_status kith_rows_lengthen(kith_ctx *ctx, const char *what, const void *rows, size_t count, size_t size, size_t own,
                               void **out)
{
    char *copy = NULL;
    KITH_TRY(kith_alloc(ctx, what, count, own, (void **)&copy));
    for (size_t i = 0; i < count; i++)
        memcpy(copy + i * own, (const char *)rows + i * size, size < own ? size : own);
    *out = copy;
    return KITH_OK;
}

kith_status kith_rows_copy(kith_ctx *ctx, const kith_rows *table, void **out)
{
    *out = NULL;
    if (table->count == 0) return KITH_OK;
    return kith_rows_lengthen(ctx, table->name, table->rows, table->count, table->size, table->own, out);
}

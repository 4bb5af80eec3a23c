#include "plugin/check.h"

#include "base/metrics.h"
#include "config/config.h"
#include "config/value.h"
#include "plugin/registry.h"
#include "plugin/rows.h"
#include <string.h>

/* A larger number is garbage, not a table. Names stand in tables' heads and in file names. */
enum { MOST_PARAMS = 4096, MOST_METRIC_NAME = 48 };

/* Sizes at version 1.0, which no plugin may fall below. */
static const size_t least_plugin = KITH_END_OF(kith_plugin, ops_size);
static const size_t least_param = KITH_END_OF(kith_param, doc);
/* What every row of planes must say. */
static const size_t least_plane = KITH_END_OF(kith_plane, access),
                    least_learner_plane = KITH_END_OF(kith_learner_plane, scalars),
                    least_edge_plane = KITH_END_OF(kith_edge_plane, scalars);

const char *kith_kind_name(uint32_t kind)
{
    switch ((kith_kind)kind) {
    case KITH_ALGORITHM:
        return "algorithm";
    case KITH_TOPOLOGY:
        return "topology";
    case KITH_DATASET:
        return "data set";
    case KITH_MODEL:
        return "model";
    case KITH_GAME:
        return "game";
    case KITH_FILTER:
        return "filter";
    }
    return "unknown kind";
}

const char *kith_role_name(uint32_t role)
{
    switch ((kith_role)role) {
    case KITH_ROLE_NONE:
        return "none";
#define ROLE_NAME(upper, lower)                                                                                        \
    case KITH_ROLE_##upper:                                                                                            \
        return #lower;
        KITH_ROLE_MAP(ROLE_NAME)
#undef ROLE_NAME
    case KITH_ROLE_END:
        break;
    }
    return "unknown role";
}

/* The three fields that never move come first: nothing after them can be trusted before they fit. */
static kith_status check_abi(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (plugin->abi_major != KITH_ABI_MAJOR)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: abi_major is %u, but this program has %u; build it with this version's headers", path,
                         plugin->abi_major, KITH_ABI_MAJOR);
    if (plugin->abi_minor > KITH_ABI_MINOR)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: abi_minor is %u, but this program has %u only; use a newer kith or older headers", path,
                         plugin->abi_minor, KITH_ABI_MINOR);
    if (plugin->size < least_plugin)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: size is %zu, but a descriptor has at least %zu bytes; start it with KITH_PLUGIN_HEAD",
                         path, plugin->size, least_plugin);
    return KITH_OK;
}

static const char *precision_name(uint32_t real_size)
{
    return real_size == sizeof(double) ? "kith-f64" : "kith";
}

static kith_status check_real(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (plugin->real_size == sizeof(kith_real)) return KITH_OK;
    if (plugin->real_size == sizeof(float) || plugin->real_size == sizeof(double))
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: real_size is %u: it is built for %s, but this is %s; build it for this one", path,
                         plugin->real_size, precision_name(plugin->real_size), precision_name(sizeof(kith_real)));
    return kith_fail(ctx, KITH_EPLUGIN, "%s: real_size is %u; it must be %zu, sizeof(kith_real)", path,
                     plugin->real_size, sizeof(kith_real));
}

static kith_status check_kind(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (plugin->kind < KITH_ALGORITHM || plugin->kind > KITH_FILTER)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: kind is %u; it must be from %d to %d", path, plugin->kind,
                         KITH_ALGORITHM, KITH_FILTER);
    if (plugin->kind == KITH_ALGORITHM && (plugin->role <= KITH_ROLE_NONE || plugin->role >= KITH_ROLE_END))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: role is %u; an algorithm's must be from %d to %d", path, plugin->role,
                         KITH_ROLE_NONE + 1, KITH_ROLE_END - 1);
    if (plugin->kind != KITH_ALGORITHM && plugin->role != KITH_ROLE_NONE)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: role is %u; that of a %s must be 0", path, plugin->role,
                         kith_kind_name(plugin->kind));
    return KITH_OK;
}

static kith_status check_texts(kith_ctx *ctx, const char *path, const char *id, const kith_plugin *plugin)
{
    const struct {
        const char *field, *text;
    } texts[] = {{"id", plugin->id},
                 {"version", plugin->version},
                 {"summary", plugin->summary},
                 {"reference", plugin->reference}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kith_why why;
        if (!texts[i].text)
            return kith_fail(ctx, KITH_EPLUGIN, "%s: %s is NULL; write \"\" where there is none", path, texts[i].field);
        if (!kith_text_check(texts[i].text, strlen(texts[i].text), &why))
            return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: %s; write one line of UTF-8", path, texts[i].field, why.text);
    }
    if (strcmp(plugin->id, id) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: id is '%.64s', but the file's name says '%s'; make them the same", path,
                     plugin->id, id);
}

/* Whole lines, so that what is printed after them begins a line. */
static kith_status check_details(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    const bool there = plugin->size >= offsetof(kith_plugin, details) + sizeof plugin->details && plugin->details;
    if (!there) return KITH_OK;
    for (const char *line = plugin->details; *line;) {
        kith_why why;
        const size_t length = strcspn(line, "\n");
        if (!line[length])
            return kith_fail(ctx, KITH_EPLUGIN, "%s: details: the last line has no end; write \\n after it", path);
        if (!kith_text_check(line, length, &why))
            return kith_fail(ctx, KITH_EPLUGIN, "%s: details: %s; write lines of UTF-8", path, why.text);
        line += length + 1;
    }
    return KITH_OK;
}

static kith_status check_params(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    const size_t step = _Alignof(kith_param);
    if (plugin->param_count == 0) return KITH_OK;
    if (plugin->param_count > MOST_PARAMS)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: param_count is %u; at most %d are allowed", path, plugin->param_count,
                         MOST_PARAMS);
    if (!plugin->params)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: params is NULL, but param_count is %u; use KITH_PLUGIN_PARAMS", path,
                         plugin->param_count);
    if (plugin->param_size < least_param || plugin->param_size % step)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: param_size is %u; a row has at least %zu bytes, in multiples of %zu",
                         path, plugin->param_size, least_param, step);
    if (plugin->config_size == 0)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: config_size is 0, but param_count is %u; use KITH_PLUGIN_PARAMS", path,
                         plugin->param_count);
    void *rows = NULL;
    KITH_TRY(kith_rows_lengthen(ctx, "parameter rows", plugin->params, plugin->param_count, plugin->param_size,
                                sizeof(kith_param), &rows));
    const kith_status status = kith_params_check(ctx, path, rows, plugin->param_count, plugin->config_size);
    kith_free(rows);
    return status;
}

static kith_status check_own(kith_ctx *ctx, const char *path, const kith_rows *table,
                             kith_status (*check)(kith_ctx *ctx, const char *path, const void *rows, uint32_t i))
{
    if (table->count == 0) return KITH_OK;
    if (table->count > MOST_PARAMS || !table->rows)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s_count is %u, and %ss %s; use %s", path, table->name, table->count,
                         table->name, table->rows ? "has at most 4096 rows" : "is NULL", table->macro);
    if (table->size < table->least || table->size % table->step)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s_size is %u; a row has at least %zu bytes, in multiples of %zu",
                         path, table->name, table->size, table->least, table->step);
    void *rows = NULL;
    KITH_TRY(kith_rows_copy(ctx, table, &rows));
    kith_status status = KITH_OK;
    for (uint32_t i = 0; i < table->count && status == KITH_OK; i++)
        status = check(ctx, path, rows, i);
    kith_free(rows);
    return status;
}

/* One text of a row: only some may be empty. */
static kith_status check_text(kith_ctx *ctx, const char *path, const char *row, const char *field, const char *text,
                              bool empty)
{
    kith_why why;
    if (!text || (!empty && !*text))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: there is no %s; write one", path, row, field);
    if (!kith_text_check(text, strlen(text), &why))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: %s: %s; write one line of UTF-8", path, row, field, why.text);
    return KITH_OK;
}

static kith_status check_metric(kith_ctx *ctx, const char *path, const void *rows, uint32_t i)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const kith_own_metric *all = rows, *m = &all[i];
    char row[32];
    snprintf(row, sizeof row, "metrics[%u]", i);
    KITH_TRY(check_text(ctx, path, row, "name", m->name, false));
    KITH_TRY(check_text(ctx, path, row, "unit", m->unit, true));
    KITH_TRY(check_text(ctx, path, row, "sentence", m->sentence, false));
    if (strspn(m->name, letters) != strlen(m->name) || m->name[0] < 'a' || strlen(m->name) > MOST_METRIC_NAME)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: %s: the name '%.64s' is none; write at most %d lower-case letters, digits and _", path,
                         row, m->name, MOST_METRIC_NAME);
    if (kith_metric_find(NULL, m->name))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: %s is a name of Kith's own (%s); choose another", path, row,
                         m->name, kith_metric_find(NULL, m->name)->sentence);
    if (m->better > KITH_BETTER_DOWN || m->log > 1)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s (%s): better is %u and log %u; they are at most %d and 1", path,
                         row, m->name, m->better, m->log, KITH_BETTER_DOWN);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(all[k].name, m->name) == 0)
            return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: %s is there twice; remove one", path, row, m->name);
    return KITH_OK;
}

/* Whether there is such a key, and such a value, is for the run to find. */
static kith_status check_default(kith_ctx *ctx, const char *path, const void *rows, uint32_t i)
{
    const kith_default *all = rows, *d = &all[i];
    char row[32];
    snprintf(row, sizeof row, "defaults[%u]", i);
    KITH_TRY(check_text(ctx, path, row, "section", d->section, false));
    KITH_TRY(check_text(ctx, path, row, "key", d->key, false));
    KITH_TRY(check_text(ctx, path, row, "text", d->text, true));
    for (uint32_t k = 0; k < i; k++)
        if (!strcmp(all[k].section, d->section) && !strcmp(all[k].key, d->key))
            return kith_fail(ctx, KITH_EPLUGIN, "%s: %s: %s.%s is there twice; remove one", path, row, d->section,
                             d->key);
    return KITH_OK;
}

static kith_status check_tables(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    const kith_rows metrics = kith_rows_metrics(plugin), defaults = kith_rows_defaults(plugin);
    KITH_TRY(check_own(ctx, path, &metrics, check_metric));
    if (defaults.count && plugin->kind != KITH_ALGORITHM)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: defaults: only those of an algorithm count, and this is a %s; leave them out", path,
                         kith_kind_name(plugin->kind));
    return check_own(ctx, path, &defaults, check_default);
}

static kith_status check_plane(kith_ctx *ctx, const char *path, const char *field, size_t size, size_t least)
{
    const size_t step = _Alignof(kith_plane);
    least += (step - least % step) % step;
    if (size >= least && size % step == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN,
                     "%s: %s is %zu; a row has at least %zu bytes, in multiples of %zu; start it with KITH_PLUGIN_HEAD",
                     path, field, size, least, step);
}

static kith_status check_planes(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (plugin->role == KITH_ROLE_FEDERATED)
        return check_plane(ctx, path, "plane_size", plugin->plane_size, least_plane);
    if (plugin->role != KITH_ROLE_DECENTRALIZED) return KITH_OK;
    KITH_TRY(check_plane(ctx, path, "learner_plane_size", plugin->learner_plane_size, least_learner_plane));
    return check_plane(ctx, path, "edge_plane_size", plugin->edge_plane_size, least_edge_plane);
}

kith_status kith_descriptor_check(kith_ctx *ctx, const char *path, const char *id, const kith_plugin *plugin)
{
    KITH_TRY(check_abi(ctx, path, plugin));
    KITH_TRY(check_real(ctx, path, plugin));
    KITH_TRY(check_kind(ctx, path, plugin));
    KITH_TRY(check_texts(ctx, path, id, plugin));
    KITH_TRY(check_details(ctx, path, plugin));
    KITH_TRY(check_params(ctx, path, plugin));
    KITH_TRY(check_tables(ctx, path, plugin));
    KITH_TRY(check_planes(ctx, path, plugin));
    return kith_ops_check(ctx, path, plugin);
}

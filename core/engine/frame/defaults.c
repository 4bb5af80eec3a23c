/* Defaults in place of those of rows: a role's, and an algorithm's own. */
#include "engine/frame/frame.h"

#include <string.h>

const char *kith_run_default(uint32_t role, const char *section, const char *key)
{
    const kith_engine_type *type = kith_engine_of(role);
    for (size_t i = 0; type && i < type->default_count; i++)
        if (!strcmp(type->defaults[i].section, section) && !strcmp(type->defaults[i].key, key))
            return type->defaults[i].text;
    return NULL;
}

static kith_status prefer(kith_ctx *ctx, kith_run *run, const kith_default *list, size_t count, const char *whose)
{
    for (size_t i = 0; i < count; i++)
        KITH_TRY(kith_config_prefer(ctx, run->config, list[i].section, list[i].key, list[i].text, whose));
    return KITH_OK;
}

kith_status kith_defaults_prefer(kith_ctx *ctx, kith_run *run, const kith_plugin *algorithm)
{
    char whose[64];
    snprintf(whose, sizeof whose, "%s algorithms", kith_role_name(run->type->role));
    KITH_TRY(prefer(ctx, run, run->type->defaults, run->type->default_count, whose));
    return prefer(ctx, run, algorithm->defaults, algorithm->default_count, algorithm->id);
}

static bool section_of_runs(const char *name, kith_section *out)
{
    for (size_t i = 0; kith_run_section(i, out); i++)
        if (!strcmp(out->name, name)) return true;
    return false;
}

/* Whether one of an algorithm's rows chooses the plugin. */
static bool chooses(const kith_plugin *algorithm, const char *id)
{
    for (uint32_t i = 0; i < algorithm->default_count; i++)
        if (!strcmp(algorithm->defaults[i].section, "run") && !strcmp(algorithm->defaults[i].text, id)) return true;
    return false;
}

static bool has_key(const kith_param *params, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(params[i].key, key)) return true;
    return false;
}

static kith_status refuse(kith_ctx *ctx, const kith_plugin *algorithm, const kith_default *d, const char *what)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: its default %s.%s = %s: %s; mend the plugin", algorithm->id, d->section,
                     d->key, d->text, what);
}

/* What a run does not choose is not looked at: its rows are not known. */
static kith_status check(kith_ctx *ctx, const kith_run *run, const kith_plugin *algorithm, const kith_default *d)
{
    kith_section section;
    bool found = true;
    if (!strcmp(d->section, "run") && !strcmp(d->key, "algorithm"))
        return refuse(ctx, algorithm, d, "it would choose itself");
    if (section_of_runs(d->section, &section)) {
        found = has_key(section.params, *section.count, d->key);
    } else if (!chooses(algorithm, d->section)) {
        return refuse(ctx, algorithm, d,
                      "its section is neither one of every experiment nor a plugin that another of "
                      "its defaults chooses");
    }
    for (size_t c = 0; c < KITH_CHOSEN_COUNT; c++) {
        const kith_plugin *chosen = run->chosen[c].plugin;
        if (chosen && !strcmp(chosen->id, d->section)) found = has_key(chosen->params, chosen->param_count, d->key);
    }
    return found ? KITH_OK : refuse(ctx, algorithm, d, "there is no such key");
}

kith_status kith_defaults_check(kith_ctx *ctx, const kith_run *run)
{
    const kith_plugin *algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin;
    for (uint32_t i = 0; i < algorithm->default_count; i++)
        KITH_TRY(check(ctx, run, algorithm, &algorithm->defaults[i]));
    return KITH_OK;
}

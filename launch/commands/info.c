#include "launch/command.h"
#include "base/metrics.h"

#include "config/config.h"
#include "engine/frame/run.h"
#include "launch/commands/completing.h"
#include "launch/commands/info_json.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/prepare.h"
#include "launch/services/wrap.h"
#include "launch/commands/sweep/plan.h"
#include "plugin/registry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct catalogue {
    kith_registry *registry;
    const kith_listing *listing;
    size_t count;
} catalogue;

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [KITH_TYPE_INT] = "whole number",     [KITH_TYPE_REAL] = "number", [KITH_TYPE_BOOL] = "yes or no",
        [KITH_TYPE_CHOICE] = "one of",        [KITH_TYPE_STRING] = "text", [KITH_TYPE_PATH] = "path",
        [KITH_TYPE_REALS] = "list of numbers"};
    return type < sizeof names / sizeof names[0] && names[type] ? names[type] : "?";
}

/* The file's name without folder and ending: what a plugin that could not be read is called. */
static const char *stem(const char *path, int *length)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    *length = dot ? (int)(dot - name) : (int)strlen(name);
    return name;
}

static void print_param(const char *section, const kith_param *p)
{
    printf("  %s = %s\n      %s%s%s", p->key, p->fallback, type_name(p->type), *p->domain ? " " : "", p->domain);
    printf("%s%s\n      %s\n", *p->unit ? ", in " : "", p->unit, p->doc);
    for (uint32_t role = KITH_ROLE_NONE + 1; role < KITH_ROLE_END; role++) {
        const char *text = kith_run_default(role, section, p->key);
        if (text) printf("      Under %s algorithms the default is %s.\n", kith_role_name(role), text);
    }
    if (!p->when) return;
    printf("      Counts when ");
    kith_when_print(p->when, stdout);
    printf(".\n");
}

static void print_params(const char *section, const kith_param *params, size_t count)
{
    if (count == 0) {
        printf("\nIt has no parameters.\n");
        return;
    }
    printf("\nParameters of section [%s], with their defaults:\n\n", section);
    for (size_t i = 0; i < count; i++)
        print_param(section, &params[i]);
}

static kith_status print_section(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)key, (void)text, (void)source;
    const char **last = arg;
    if (!*last || strcmp(*last, section) != 0) printf(" [%s]", section);
    *last = section;
    return KITH_OK;
}

/* Those with a key that counts where nothing but the algorithm is chosen. One that cannot stand alone has none here. */
static void print_sections(const char *algorithm)
{
    prepared p = {0};
    const char *last = NULL;
    kith_ctx *ctx = kith_ctx_create();
    if (prepare_algorithm(ctx, algorithm, NULL, 0, &p) == KITH_OK) {
        printf("\nSections that it reads, with the default choices:\n ");
        (void)!kith_config_each(p.config, print_section, &last);
        printf("\n'" KITH_NAME " init %s' prints them with all keys that count.\n", algorithm);
    }
    prepare_free(&p);
    kith_ctx_destroy(ctx);
}

static void print_metrics(const kith_plugin *p)
{
    for (uint32_t i = 0; i < p->metric_count; i++) {
        const kith_metric metric = kith_metric_of(&p->metrics[i], p->id);
        kith_metric_print_one(&metric, stdout);
    }
}

static void print_defaults(const kith_plugin *p)
{
    if (p->default_count) printf("\nDefaults in place of others:\n\n");
    for (uint32_t i = 0; i < p->default_count; i++)
        printf("  %s.%s = %s\n", p->defaults[i].section, p->defaults[i].key, p->defaults[i].text);
}

static void print_plugin(const kith_listing *entry)
{
    const kith_plugin *p = entry->plugin;
    printf("%s %s: %s%s%s%s\n\n%s\n", p->id, p->version, kith_kind_name(p->kind), p->role ? " (" : "",
           p->role ? kith_role_name(p->role) : "", p->role ? ")" : "", p->summary);
    if (*p->reference) printf("Reference: %s\n", p->reference);
    printf("File: %s\n", entry->path);
    if (p->details) printf("\n%s", p->details);
    if (p->kind == KITH_ALGORITHM) print_sections(p->id);
    print_params(p->id, p->params, p->param_count);
    print_defaults(p);
    if (p->metric_count) printf("\nMetrics that it tells:\n\n");
    print_metrics(p);
}

/* Entries come sorted by kind. */
static void print_list(const catalogue *c)
{
    kith_section section;
    int width = 0;
    for (size_t i = 0; i < c->count; i++) {
        const int length = c->listing[i].plugin ? (int)strlen(c->listing[i].plugin->id) : 0;
        if (length > width) width = length;
    }
    uint32_t kind = 0;
    for (size_t i = 0; i < c->count; i++) {
        const kith_plugin *p = c->listing[i].plugin;
        if (!p) continue;
        if (p->kind != kind) printf("%s%s:\n", kind ? "\n" : "", kith_kind_name(p->kind));
        kind = p->kind;
        printf("  %-*s  %-6s %s\n", width, p->id, p->version, p->summary);
    }
    printf("%ssections of every experiment:\n ", kind ? "\n" : "");
    for (size_t i = 0; kith_run_section(i, &section); i++)
        printf(" %s", section.name);
    printf("\nsection of a sweep:\n  sweep\n\n'" KITH_NAME
           " info NAME' documents a plugin, a section or a metric; '" KITH_NAME
           " info metrics' all metrics.\nKITH_PLUGIN_PATH may name more folders of "
           "plugins,\nwith : between them.\n");
}

static void print_refused(const catalogue *c)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        if (c->listing[i].plugin) continue;
        if (!any) printf("\nrefused:\n");
        any = true;
        printf("  %s\n", c->listing[i].refusal);
    }
}

static kith_status unknown(kith_ctx *ctx, const catalogue *c, const char *name)
{
    kith_section section;
    size_t n = 0;
    while (kith_run_section(n, &section))
        n++;
    const char **names = calloc(c->count + n + 1, sizeof *names);
    if (!names) return kith_fail(ctx, KITH_EMEMORY, "info: no memory for %zu names", c->count);
    for (n = 0; kith_run_section(n, &section); n++)
        names[n] = section.name;
    names[n++] = "sweep";
    for (size_t i = 0; i < c->count; i++) {
        if (c->listing[i].plugin) names[n++] = c->listing[i].plugin->id;
    }
    const char *near = kith_nearest(name, names, n);
    const kith_status status =
        near ? kith_fail(ctx, KITH_EUSAGE, "there is no plugin or section '%s'; did you mean '%s'?", name, near)
             : kith_fail(ctx, KITH_EUSAGE,
                         "there is no plugin or section '%s'; '" KITH_NAME " info' lists those there are", name);
    free(names);
    return status;
}

/* What a plugin says of a metric of its own. */
static bool print_declared(const catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        const kith_plugin *p = c->listing[i].plugin;
        for (uint32_t k = 0; p && k < p->metric_count; k++) {
            const kith_metric metric = kith_metric_of(&p->metrics[k], p->id);
            if (!kith_metric_find(&(kith_metrics){&metric, 1}, name)) continue;
            kith_metric_print_one(&metric, stdout);
            return true;
        }
    }
    return false;
}

static kith_status document(kith_ctx *ctx, const catalogue *c, const char *name)
{
    kith_section s;
    for (size_t i = 0; kith_run_section(i, &s); i++) {
        if (strcmp(s.name, name)) continue;
        print_params(s.name, s.params, *s.count);
        return KITH_OK;
    }
    if (strcmp(name, "metrics") == 0) {
        kith_metrics_print(stdout);
        for (size_t i = 0; i < c->count; i++)
            if (c->listing[i].plugin) print_metrics(c->listing[i].plugin);
        return KITH_OK;
    }
    if (strcmp(name, "sweep") == 0) {
        print_params("sweep", sweep_params, sweep_param_count);
        return KITH_OK;
    }
    for (size_t i = 0; i < c->count; i++) {
        const kith_listing *entry = &c->listing[i];
        int length = 0;
        const char *file = stem(entry->path, &length);
        if (entry->plugin && strcmp(entry->plugin->id, name) == 0) {
            print_plugin(entry);
            return KITH_OK;
        }
        if (!entry->plugin && strlen(name) == (size_t)length && strncmp(file, name, (size_t)length) == 0)
            return kith_fail(ctx, KITH_EPLUGIN, "%s", entry->refusal);
    }
    return kith_metric_print(name, stdout) || print_declared(c, name) ? KITH_OK : unknown(ctx, c, name);
}

/* The same of a plugin or a section as JSON. */
static kith_status document_json(kith_ctx *ctx, const catalogue *c, const char *name)
{
    kith_section s;
    for (size_t i = 0; kith_run_section(i, &s); i++) {
        if (strcmp(s.name, name) != 0) continue;
        info_json_section(s.name, s.params, *s.count);
        return KITH_OK;
    }
    if (strcmp(name, "sweep") == 0) {
        info_json_section("sweep", sweep_params, sweep_param_count);
        return KITH_OK;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!c->listing[i].plugin || strcmp(c->listing[i].plugin->id, name) != 0) continue;
        info_json_plugin(&c->listing[i]);
        return KITH_OK;
    }
    return unknown(ctx, c, name);
}

typedef struct info_options {
    const char *name, *complete;
    bool json;
} info_options;

static kith_status info(kith_ctx *ctx, catalogue *c, const info_options *o)
{
    KITH_TRY(kith_registry_create(ctx, &c->registry));
    if (o->complete) return completing_print(ctx, c->registry, o->complete);
    KITH_TRY(kith_registry_list(ctx, c->registry, &c->listing, &c->count));
    if (o->name && o->json) KITH_TRY(document_json(ctx, c, o->name));
    if (o->json && !o->name) info_json_all(c->listing, c->count);
    if (o->json) {
        if (o->name) printf("\n");
        return KITH_OK;
    }
    if (o->name) return document(ctx, c, o->name);
    print_list(c);
    print_refused(c);
    return KITH_OK;
}

typedef struct info_call {
    kith_ctx *ctx;
    catalogue *c;
    const info_options *o;
    kith_status status;
} info_call;

static void info_called(void *arg)
{
    info_call *call = arg;
    call->status = info(call->ctx, call->c, call->o);
}

static kith_status info_wrapped(kith_ctx *ctx, catalogue *c, const info_options *o)
{
    info_call call = {ctx, c, o, KITH_OK};
    if (o->json)
        info_called(&call);
    else
        kith_wrap_output(info_called, &call);
    return call.status;
}

enum { OPTION_JSON = 0x100 };

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    info_options *o = state->input;
    switch (key) {
    case 'C':
        o->complete = text;
        return 0;
    case OPTION_JSON:
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->name) argp_error(state, "%s and %s: one name at a time", o->name, text);
        o->name = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_info(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"complete", 'C', "WORD", 0,
         "Prints what WORD, the beginning of a setting, could become, one a line; for shells", 0},
        {"json", OPTION_JSON, NULL, 0, "Prints plugins and sections with their parameters as JSON", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "[PLUGIN|SECTION]",
        .doc =
            "Lists the plugins by kind and the sections of an experiment, or documents one of them.\v"
            "Plugins are looked for in the folders of KITH_PLUGIN_PATH first. A file that was refused is listed last, "
            "with the reason."};
    info_options options = {.name = NULL};
    const kith_status parsed = options_parse(&argp, argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    catalogue c = {0};
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = info_wrapped(ctx, &c, &options);
    if (!options.complete) say_notes(ctx);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    if (c.registry) kith_registry_destroy(c.registry);
    kith_ctx_destroy(ctx);
    return code;
}

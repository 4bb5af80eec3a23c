/* `kith info --json`: what plugins and sections have, for other programs. */
#include "launch/commands/info_json.h"

#include "engine/frame/run.h"
#include "launch/services/results/export.h"

#include <stdio.h>
#include <string.h>

static void pair(const char *before, const char *name, const char *text)
{
    printf("%s\"%s\": ", before, name);
    kith_json_text(stdout, text ? text : "");
}

static void print_param(const kith_param *p)
{
    static const char *const types[] = {
        [KITH_TYPE_INT] = "int",       [KITH_TYPE_REAL] = "real",     [KITH_TYPE_BOOL] = "bool",
        [KITH_TYPE_CHOICE] = "choice", [KITH_TYPE_STRING] = "string", [KITH_TYPE_PATH] = "path",
        [KITH_TYPE_REALS] = "reals"};
    pair("{", "key", p->key);
    pair(", ", "type", p->type < sizeof types / sizeof types[0] ? types[p->type] : "");
    pair(", ", "default", p->fallback);
    pair(", ", "domain", p->domain);
    pair(", ", "unit", p->unit);
    pair(", ", "when", p->when);
    pair(", ", "doc", p->doc);
    printf("}");
}

static void print_params(const kith_param *params, size_t count)
{
    printf(", \"parameters\": [");
    for (size_t i = 0; i < count; i++) {
        printf("%s\n    ", i ? "," : "");
        print_param(&params[i]);
    }
    printf("]}");
}

void info_json_section(const char *name, const kith_param *params, size_t count)
{
    pair("{", "section", name);
    print_params(params, count);
}

void info_json_plugin(const kith_listing *entry)
{
    const kith_plugin *p = entry->plugin;
    pair("{", "plugin", p->id);
    pair(", ", "kind", kith_kind_name(p->kind));
    pair(", ", "role", p->role ? kith_role_name(p->role) : "");
    pair(", ", "version", p->version);
    pair(", ", "summary", p->summary);
    pair(", ", "reference", p->reference);
    pair(", ", "file", entry->path);
    printf(", \"metrics\": [");
    for (uint32_t i = 0; i < p->metric_count; i++) {
        printf("%s", i ? ", " : "");
        kith_json_text(stdout, p->metrics[i].name);
    }
    printf("], \"defaults\": {");
    for (uint32_t i = 0; i < p->default_count; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s.%s", p->defaults[i].section, p->defaults[i].key);
        printf("%s", i ? ", " : "");
        kith_json_text(stdout, name);
        printf(": ");
        kith_json_text(stdout, p->defaults[i].text);
    }
    printf("}");
    print_params(p->params, p->param_count);
}

void info_json_all(const kith_listing *listing, size_t count)
{
    kith_section s;
    const char *before = "[";
    for (size_t i = 0; i < count; i++) {
        if (!listing[i].plugin) continue;
        printf("%s\n", before);
        info_json_plugin(&listing[i]);
        before = ",";
    }
    for (size_t i = 0; kith_run_section(i, &s); i++) {
        printf("%s\n", before);
        info_json_section(s.name, s.params, *s.count);
        before = ",";
    }
    printf("%s]\n", before[0] == '[' ? "[" : "\n");
}

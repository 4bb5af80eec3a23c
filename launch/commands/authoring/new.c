/* `kith new`: a folder with a plugin that works, to be changed. */
#include "launch/command.h"

#include "config/config.h"
#include "config/value.h"
#include "engine/frame/run.h"
#include "launch/commands/authoring/copying.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "plugin/registry.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct new_options {
    const char *kind, *name, *role;
    bool external;
} new_options;

/* A kind, or a role of algorithms, is also what its template is called. */
static const char *const kinds[] = {"algorithm", "topology", "dataset", "model", "game", "filter"};
static const char *const roles[] = {"federated", "decentralized", "walk", "population"};
enum { KINDS = sizeof kinds / sizeof kinds[0], ROLES = sizeof roles / sizeof roles[0] };

static bool among(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0) return true;
    return false;
}

static kith_status check_words(kith_ctx *ctx, const new_options *o)
{
    if (!among(o->kind, kinds, KINDS)) {
        const char *near = kith_nearest(o->kind, kinds, KINDS);
        return kith_fail(ctx, KITH_EUSAGE, "there is no kind '%s'; %s%s%s", o->kind, near ? "did you mean '" : "",
                         near ? near : "choose one of algorithm, topology, dataset, model, game and filter",
                         near ? "'?" : "");
    }
    if (o->role && strcmp(o->kind, "algorithm") != 0)
        return kith_fail(ctx, KITH_EUSAGE, "--like %s: only algorithms have a role; leave --like away", o->role);
    if (o->role && !among(o->role, roles, ROLES)) {
        const char *near = kith_nearest(o->role, roles, ROLES);
        return kith_fail(ctx, KITH_EUSAGE, "--like %s: there is no such role; %s%s%s", o->role,
                         near ? "did you mean '" : "",
                         near ? near : "choose one of federated, decentralized, walk and population", near ? "'?" : "");
    }
    if (o->external && strcmp(o->kind, "model") != 0)
        return kith_fail(ctx, KITH_EUSAGE,
                         "--external: only a model is made in another process; leave --external away");
    if (!kith_name_check(o->name, '-') || o->name[0] == '-')
        return kith_fail(ctx, KITH_EUSAGE,
                         "'%.80s': the name of a plugin has 1 to %d lower-case letters, digits and -, and no - first",
                         o->name, KITH_KEY_BYTES);
    return KITH_OK;
}

static kith_status refuse_sections(kith_ctx *ctx, const char *name)
{
    kith_section section;
    bool taken = strcmp(name, "sweep") == 0;
    for (size_t i = 0; kith_run_section(i, &section); i++)
        taken |= strcmp(section.name, name) == 0;
    if (!taken) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE,
                     "'%s': experiments have a section of this name already, and a plugin needs its own; choose "
                     "another name",
                     name);
}

/* Whether a path is that of NAME.so. */
static bool is_file_of(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const size_t length = strlen(name);
    return strncmp(file, name, length) == 0 && strcmp(file + length, ".so") == 0;
}

static kith_status refuse_plugins(kith_ctx *ctx, kith_registry *registry, const char *name)
{
    const kith_listing *listing = NULL;
    size_t count = 0;
    KITH_TRY(kith_registry_list(ctx, registry, &listing, &count));
    for (size_t i = 0; i < count; i++)
        if (is_file_of(listing[i].path, name))
            return kith_fail(ctx, KITH_EUSAGE, "'%s': there is a plugin of this name already, %s; choose another name",
                             name, listing[i].path);
    return KITH_OK;
}

static kith_status check_name(kith_ctx *ctx, const char *name)
{
    kith_registry *registry = NULL;
    KITH_TRY(refuse_sections(ctx, name));
    KITH_TRY(kith_registry_create(ctx, &registry));
    const kith_status status = refuse_plugins(ctx, registry, name);
    kith_registry_destroy(registry);
    return status;
}

static kith_status make_external(kith_ctx *ctx, const char *n)
{
    char program[PATH_MAX + 16];
    KITH_TRY(copying_make(ctx, "external", n, program, sizeof program));
    printf("%s/%s.py   the model, to be changed; docs/models.md says what it may do\n"
           "%s/%s.ini  an experiment that uses it\n"
           "%s/test.sh  what it must do; 'make check' runs it after '" KITH_NAME " check'\n"
           "%s/Makefile\n\n"
           "cd %s && make check && %s run %s.ini\n",
           n, n, n, n, n, n, n, program, n);
    return KITH_OK;
}

static kith_status make(kith_ctx *ctx, const new_options *o)
{
    KITH_TRY(check_words(ctx, o));
    if (o->external) return make_external(ctx, o->name);
    KITH_TRY(check_name(ctx, o->name));
    const bool algorithm = strcmp(o->kind, "algorithm") == 0;
    const char *template = !algorithm ? o->kind : o->role ? o->role : roles[0];
    char program[PATH_MAX + 16];
    KITH_TRY(copying_make(ctx, template, o->name, program, sizeof program));
    const char *n = o->name;
    printf("%s/%s.c    %s, to be changed; docs/plugins.md and kith/*.h say what it may do\n"
           "%s/%s.ini  an experiment that uses it\n"
           "%s/test.sh  what it must do; 'make check' runs it after '" KITH_NAME " check'\n"
           "%s/Makefile\n\n"
           "cd %s && make && make check && KITH_PLUGIN_PATH=. %s run %s.ini\n",
           n, n, algorithm ? "the algorithm" : "the plugin", n, n, n, n, n, program, n);
    return KITH_OK;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    new_options *o = state->input;
    switch (key) {
    case 'l':
        o->role = text;
        break;
    case 'x':
        o->external = true;
        break;
    case ARGP_KEY_ARG:
        if (o->name)
            argp_error(state, "%s: one plugin at a time", text);
        else
            *(o->kind ? &o->name : &o->kind) = text;
        break;
    case ARGP_KEY_END:
        if (!o->name) argp_error(state, "which kind, and which name? 'algorithm my-rule', say");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int command_new(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"like", 'l', "ROLE", 0, "The role of an algorithm: federated (the default), decentralized, walk or population",
         0},
        {"external", 'x', NULL, 0, "A model in PyTorch that runs in another process, in place of a plugin in C", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse_key,
                                     .args_doc = "algorithm|topology|dataset|model|game|filter NAME",
                                     .doc = "Makes the folder NAME with a plugin that works: its source, a Makefile, "
                                            "an experiment that uses it, and a test."};
    new_options o = {0};
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    if (parsed != KITH_OK || !o.name) return KITH_EUSAGE;
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = make(ctx, &o);
    say_notes(ctx);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

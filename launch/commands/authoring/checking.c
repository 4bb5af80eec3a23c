/* `kith check`: tries a plugin, one line for each thing that is tried. */
#include "launch/command.h"

#include "base/now.h"
#include "launch/commands/authoring/trial.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/workers/scratch.h"
#include <config.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SETS = 64, TIMES = 16, FEW_TIMES = 6, LONG_SECONDS = 5 };
/* The longest trials of what comes with Kith take one, where nothing else runs; most machines are busy. */
enum { MOST_SECONDS = 120 };

typedef struct check_options {
    subject subject;
    const char *sets[SETS];
    char name[64], path[PATH_MAX]; /* of a plugin that is named by its id */
} check_options;

/* ---- what every plugin has ---- */

static kith_status try_loading(trial *t, const void *arg)
{
    (void)arg;
    const kith_plugin *p = t->plugin;
    t->shared->kind = p->kind;
    t->shared->role = p->role;
    snprintf(t->shared->id, sizeof t->shared->id, "%s", p->id);
    trial_tell(t, "%s%s%s%s, ABI %u.%u, %u parameter%s", kith_kind_name(p->kind), p->role ? " (" : "",
               p->role ? kith_role_name(p->role) : "", p->role ? ")" : "", p->abi_major, p->abi_minor, p->param_count,
               p->param_count == 1 ? "" : "s");
    return KITH_OK;
}

size_t trial_memory(void)
{
#ifdef HAVE_MALLINFO2
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

/* The first shape that the model takes; NULL where it takes none. What it says of the last is in the context. */
static const kith_shape *find_shape(trial *t)
{
    if (t->plugin->kind != KITH_MODEL) return &trial_shapes[0].shape;
    for (size_t i = 0; i < trial_shape_count; i++) {
        kith_instance instance = {0};
        const kith_setting setting = trial_setting(t, trial_learners(t), &trial_shapes[i].shape);
        kith_ctx_forget(t->ctx);
        const kith_status status = trial_create(t, &setting, &instance);
        trial_close(t, &instance);
        if (status == KITH_OK) return &trial_shapes[i].shape;
    }
    return NULL;
}

static kith_status create_once(trial *t, const kith_setting *setting)
{
    kith_instance instance = {0};
    const kith_status status = trial_create(t, setting, &instance);
    trial_close(t, &instance);
    return status;
}

static bool grows(const size_t *used, size_t n)
{
    return n >= 3 && used[n - 3] < used[n - 2] && used[n - 2] < used[n - 1];
}

/* What is allocated at first use and kept does not count, nor what malloc keeps at hand (some of each size): a leak
 * grows on. */
static kith_status try_creating(trial *t, const void *arg)
{
    (void)arg;
    const kith_shape *shape = find_shape(t);
    if (!shape) return KITH_EPLUGIN;
    const kith_setting setting = trial_setting(t, trial_learners(t), shape);
    size_t used[TIMES] = {0}, n = 0;
    const double began = kith_now();
    /* One that starts a program takes a second or two, and is asked on only where it seems to leak. */
    while (n < TIMES && (n < FEW_TIMES || grows(used, n) || kith_now() - began < LONG_SECONDS)) {
        KITH_TRY(create_once(t, &setting));
        used[n++] = trial_memory();
    }
    if (grows(used, n))
        return kith_fail(t->ctx, KITH_EPLUGIN,
                         "%zu bytes stay behind every time; let destroy() free all that create() allocated",
                         used[n - 1] - used[n - 2]);
    return KITH_OK;
}

/* One value of one parameter. Whether it is refused is the plugin's business. */
static kith_status create_with(trial *t, const char *key, const char *value, const kith_setting *setting)
{
    kith_instance instance = {0};
    KITH_TRY(kith_config_create(t->ctx, &t->config));
    for (size_t i = 0; i < t->subject->set_count; i++)
        KITH_TRY(trial_set(t, t->config, t->subject->sets[i]));
    KITH_TRY(kith_config_put(t->ctx, t->config, t->plugin->id, key, value, "kith check"));
    kith_status status = kith_instance_bind(t->ctx, t->config, t->plugin, &instance);
    if (status == KITH_OK) {
        status = kith_instance_create(t->ctx, &instance, setting);
        if (status != KITH_OK && !*kith_ctx_message(t->ctx))
            status =
                kith_fail(t->ctx, KITH_EPLUGIN, "%s = %s: create() fails without a message; use kith_fail", key, value);
        else
            status = KITH_OK;
    }
    trial_close(t, &instance);
    if (status == KITH_OK) kith_ctx_forget(t->ctx);
    return status;
}

static kith_status try_row(trial *t, const kith_param *row, const kith_setting *setting, size_t *tried)
{
    const char *domain = row->type == KITH_TYPE_BOOL ? "yes|no" : row->type == KITH_TYPE_CHOICE ? row->domain : "";
    while (*domain) {
        char value[128];
        const size_t length = strcspn(domain, "|");
        snprintf(value, sizeof value, "%.*s", (int)length, domain);
        trial_tell(t, "%s = %s", row->key, value);
        KITH_TRY(create_with(t, row->key, value, setting));
        ++*tried;
        domain += length + (domain[length] == '|');
    }
    return KITH_OK;
}

static kith_status try_choices(trial *t, const void *arg)
{
    (void)arg;
    const kith_shape *shape = find_shape(t);
    size_t tried = 0;
    if (!shape) return KITH_EPLUGIN;
    const kith_setting setting = trial_setting(t, trial_learners(t), shape);
    for (size_t i = 0; i < t->plugin->param_count; i++)
        KITH_TRY(try_row(t, &t->plugin->params[i], &setting, &tried));
    if (!tried) return trial_skip(t, "no parameter is a choice");
    trial_tell(t, "%zu", tried);
    return KITH_OK;
}

/* ---- the command ---- */

static void try_all(subject *s)
{
    static void (*const by_kind[])(subject * s) = {
        [KITH_ALGORITHM] = trial_all_runs, [KITH_TOPOLOGY] = trial_all_graphs, [KITH_DATASET] = trial_all_data,
        [KITH_MODEL] = trial_all_models,   [KITH_GAME] = trial_all_games,      [KITH_FILTER] = trial_all_runs};
    if (!trial_need(s, "it loads, and its parameters have defaults in their domains", try_loading, NULL)) return;
    if (!trial_make(s, "it is created and destroyed, and nothing stays behind", 0, try_creating, NULL)) return;
    trial_make(s, "it is created with every choice of its parameters", 0, try_choices, NULL);
    by_kind[s->shared->kind](s);
}

static kith_status check(kith_ctx *ctx, subject *s)
{
    scratch folder = {""};
    KITH_TRY(scratch_make(ctx, &folder));
    s->folder = folder.path;
    void *shared =
        mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) {
        scratch_remove(&folder);
        return kith_fail(ctx, KITH_EMEMORY, "check: no memory to share with trials: %s", strerror(errno));
    }
    s->shared = shared;
    try_all(s);
    printf("%zu passed, %zu failed\n", s->passed, s->failed);
    munmap(shared, sizeof *s->shared);
    scratch_remove(&folder);
    if (s->failed) return KITH_EPLUGIN;
    if (s->meant) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE,
                     "--only %s: no trial of this plugin has that in its name; leave --only away to "
                     "see all names",
                     s->only);
}

/* The file of a plugin that a run would find by this name. */
static kith_status find_path(kith_ctx *ctx, const char *id, char *path, size_t size)
{
    kith_registry *registry = NULL;
    const kith_listing *list = NULL;
    size_t count = 0;
    bool found = false;
    KITH_TRY(kith_registry_create(ctx, &registry));
    const kith_status status = kith_registry_list(ctx, registry, &list, &count);
    for (size_t i = 0; i < count && !found; i++) {
        found = list[i].plugin && strcmp(list[i].plugin->id, id) == 0;
        if (found) snprintf(path, size, "%s", list[i].path);
    }
    kith_registry_destroy(registry);
    if (status != KITH_OK || found) return status;
    return kith_fail(ctx, KITH_EUSAGE,
                     "'%.80s': there is no such plugin; 'kith info' lists them, and a file is ./ID.so", id);
}

/* A name instead of a file; or neither, where the first setting is one of a plugin's. */
static kith_status find_subject(kith_ctx *ctx, check_options *o)
{
    subject *s = &o->subject;
    if (s->path && (strchr(s->path, '/') || strstr(s->path, ".so"))) return KITH_OK;
    const char *name = s->path ? s->path : s->sets[0];
    snprintf(o->name, sizeof o->name, "%.*s", s->path ? (int)strlen(name) : (int)strcspn(name, "."), name);
    KITH_TRY(find_path(ctx, o->name, o->path, sizeof o->path));
    s->path = o->path;
    return KITH_OK;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    check_options *o = state->input;
    subject *s = &o->subject;
    switch (key) {
    case 'S':
        if (s->set_count == SETS)
            argp_error(state, "there are more than %d settings", SETS);
        else
            s->sets[s->set_count++] = text;
        break;
    case 'n':
        s->workers = options_count(state, "-n", text);
        break;
    case 'O':
        s->only = text;
        break;
    case 'T':
        s->seconds = options_count(state, "--seconds", text);
        break;
    case 'I':
        s->in_process = true;
        break;
    case ARGP_KEY_ARG:
        if (s->path) argp_error(state, "%s and %s: one plugin at a time", s->path, text);
        s->path = text;
        break;
    case ARGP_KEY_END:
        if (!s->path && (!s->set_count || strcspn(s->sets[0], ".=") != strcspn(s->sets[0], ".")))
            argp_error(state, "which plugin? its file, as in ./my-rule.so, or its name");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What malloc keeps at hand for each thread counts as used, some of each size, so that a run seems to leave pieces
 * behind for as long as sizes are new. Only a program that begins without can be told to do without. */
static void count_exactly(int argc, char **argv)
{
    static const char exact[] = "glibc.malloc.tcache_count=0", name[] = "GLIBC_TUNABLES";
    const char *given = getenv(name);
    char *text = NULL;
    if (given && strstr(given, "tcache_count")) return;
    for (char **word = argv; *word; word++)
        if (strcmp(*word, "--in-process") == 0 || strcmp(*word, "-I") == 0) return;
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words || asprintf(&text, "%s%s%s", given ? given : "", given && *given ? ":" : "", exact) < 0) {
        free(words);
        return;
    }
    words[0] = (char[]){KITH_NAME};
    words[1] = (char[]){"check"};
    memcpy(words + 2, argv + 1, (size_t)argc * sizeof *words);
    if (setenv(name, text, 1) == 0) execv("/proc/self/exe", words);
    free(words);
    free(text);
}

int command_check(int argc, char **argv)
{
    count_exactly(argc, argv);
    static const struct argp_option rows[] = {
        {"set", 'S', "SECTION.KEY=VALUE", 0,
         "Sets a value of the trials' runs; without SECTION, a parameter of the plugin", 0},
        {"workers", 'n', "N", 0, "Compares a run with one of N workers (3; 1: with none)", 0},
        {"only", 'O', "TEXT", 0, "Makes the trials with TEXT in their names, and those that they build on", 0},
        {"seconds", 'T', "N", 0, "Ends a trial that is not done after N seconds (120)", 0},
        {"in-process", 'I', NULL, 0, "Makes all trials in this process, for debuggers; a crash ends it", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "[./ID.so|ID]",
        .doc = "Tries a plugin out: loads it as a run would, checks what its kind promises, and makes short runs whose "
               "bits must be "
               "the same however they are made. Without a plugin it is the one whose section the first --set "
               "names.\vOne line for each trial: 'ok - ...' or 'not ok - ...' with the reason."};
    check_options o = {.subject = {.seconds = MOST_SECONDS, .workers = 3}};
    o.subject.sets = o.sets;
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    if (parsed != KITH_OK || (!o.subject.path && !o.subject.set_count)) return KITH_EUSAGE;
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = find_subject(ctx, &o);
    if (status == KITH_OK) status = check(ctx, &o.subject);
    /* Trials have said what failed. */
    const int code = status == KITH_OK || o.subject.failed ? (int)status : say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

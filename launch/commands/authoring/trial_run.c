/* Short runs, whose bits must be the same however they are made. */
#include "launch/commands/authoring/trial.h"
#include "base/now.h"
#include "base/metrics.h"

#include "engine/frame/run.h"
#include "exchange/exchange.h"
#include "launch/commands/authoring/trial_guard.h"
#include "launch/commands/authoring/trial_recipe.h"
#include "launch/services/program.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum part { WHOLE = 0, FIRST_HALF, SECOND_HALF } part;

/* One way to make the run. */
typedef struct variant {
    const char *name, *remedy;
    size_t shift;
    kith_dealing deal;
    const char *set[4]; /* ended by NULL */
    bool beside;        /* another run makes its rounds in between */
    part part;
} variant;

/* What is open. */
typedef struct making {
    kith_exchange *exchange;
    kith_config *config;
    kith_run *run;
} making;

static kith_status set_recipe(trial *t, kith_config *config)
{
    recipe r;
    kith_status status = recipe_make(t, &r);
    for (size_t i = 0; i < r.count && status == KITH_OK; i++)
        status = kith_config_set(t->ctx, config, r.text[i]);
    recipe_free(&r);
    return status;
}

static kith_status open_run(trial *t, const variant *v, const char *last, making *m)
{
    const kith_exchange_options alone = {.domains = 1};
    const kith_run_options options = {.deal = v->deal,
                                      .name = "check",
                                      .build = "",
                                      .record = v->part != WHOLE,
                                      .overwrite = v->part == FIRST_HALF,
                                      .resume = v->part == SECOND_HALF};
    char output[PATH_MAX + 16];
    KITH_TRY(kith_exchange_open(t->ctx, &alone, "", &m->exchange));
    KITH_TRY(kith_config_create(t->ctx, &m->config));
    KITH_TRY(set_recipe(t, m->config));
    for (size_t i = 0; v->set[i]; i++)
        KITH_TRY(kith_config_set(t->ctx, m->config, v->set[i]));
    if (last) KITH_TRY(kith_config_set(t->ctx, m->config, last));
    snprintf(output, sizeof output, "run.output=%s/run", t->subject->folder);
    KITH_TRY(kith_config_set(t->ctx, m->config, output));
    KITH_TRY(kith_run_resolve(t->ctx, t->registry, m->config, &options, &m->run));
    return kith_run_open(t->ctx, m->run, m->exchange);
}

static void close_run(making *m)
{
    if (m->run) kith_run_close(m->run);
    if (m->config) kith_config_destroy(m->config);
    if (m->exchange) kith_exchange_close(m->exchange);
}

static kith_status check_finite(trial *t, size_t count, const kith_real *x)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return kith_fail(t->ctx, KITH_EDIVERGED,
                             "number %zu of the model is %g after the last round; where a smaller local.lr "
                             "or run.rounds helps, give it with --set",
                             i, (double)x[i]);
    return KITH_OK;
}

static kith_status check_changed(trial *t, size_t count, const kith_real *x)
{
    const kith_real *start = t->shared->number[TRIAL_OTHER];
    if (count != t->shared->count[TRIAL_OTHER] || count > TRIAL_NUMBERS || memcmp(start, x, count * sizeof *x) != 0)
        return KITH_OK;
    return kith_fail(t->ctx, KITH_EPLUGIN,
                     "the model is after the last round what it was before the first; nothing was learned");
}

static double measure_of(const kith_run *run)
{
    const kith_progress *p = kith_run_progress(run);
    return isnan(p->latest[KITH_AT_exploitability]) ? p->latest[KITH_AT_test_loss] : p->latest[KITH_AT_exploitability];
}

static kith_status make_rounds(trial *t, const variant *v, making *m, making *other)
{
    const uint64_t rounds = kith_run_progress(m->run)->rounds;
    bool done = false, other_done = !other->run;
    while (!done) {
        bool stop = v->part == FIRST_HALF && kith_run_progress(m->run)->round + 1 == rounds / 2, never = false;
        KITH_TRY(kith_run_step(t->ctx, m->run, &stop, &done));
        if (!other_done) KITH_TRY(kith_run_step(t->ctx, other->run, &never, &other_done));
        if (stop && !done) return kith_run_finish(t->ctx, m->run, "stopped", NULL);
    }
    return kith_run_finish(t->ctx, m->run, "done", NULL);
}

/* ---- the first run ---- */

static kith_status make_first(trial *t, making *m)
{
    const variant plain = {.name = NULL};
    making none = {.run = NULL};
    size_t count = 0;
    KITH_TRY(open_run(t, &plain, NULL, m));
    const double before = measure_of(m->run);
    const kith_real *x = kith_run_model(m->run, &count);
    trial_keep(t, TRIAL_OTHER, count, x);
    KITH_TRY(make_rounds(t, &plain, m, &none));
    x = kith_run_model(m->run, &count);
    trial_keep(t, TRIAL_RUN, count, x);
    KITH_TRY(check_finite(t, count, x));
    if (t->plugin->kind == KITH_ALGORITHM || t->plugin->kind == KITH_MODEL) KITH_TRY(check_changed(t, count, x));
    const kith_progress *p = kith_run_progress(m->run);
    const char *what = isnan(p->latest[KITH_AT_exploitability]) ? "test loss" : "exploitability";
    trial_tell(t, "%llu rounds", (unsigned long long)p->round);
    if (!isnan(before))
        trial_tell(t, "%llu rounds, %s from %.4g to %.4g", (unsigned long long)p->round, what, before,
                   measure_of(m->run));
    return KITH_OK;
}

static kith_status try_first(trial *t, const void *arg)
{
    making m = {.run = NULL};
    (void)arg;
    const char *lacks = recipe_lacks(t);
    if (lacks) return trial_skip(t, lacks);
    const kith_status status = make_first(t, &m);
    close_run(&m);
    return status;
}

/* ---- the others ---- */

static kith_status make_again(trial *t, const variant *v, making *m, making *other)
{
    size_t count = 0;
    KITH_TRY(open_run(t, v, NULL, m));
    if (v->beside) KITH_TRY(open_run(t, v, "run.seed=77", other));
    KITH_TRY(make_rounds(t, v, m, other));
    if (v->part == FIRST_HALF) return KITH_OK;
    const kith_real *x = kith_run_model(m->run, &count);
    return trial_compare(t, TRIAL_RUN, count, x, "the model", v->remedy);
}

static kith_status try_again(trial *t, const void *arg)
{
    making m = {.run = NULL}, other = {.run = NULL};
    const kith_status status = make_again(t, arg, &m, &other);
    close_run(&other);
    close_run(&m);
    return status;
}

/* ---- what stays behind ---- */

enum { RUNS = 24, APART = 4, FIRST = 12, LONG_SECONDS = 10 };

/* The same run comes to the same memory, but for what is allocated at first use and what malloc keeps at hand, seven
 * pieces of each size: a leak grows on, in all of the later runs. */
static kith_status make_plain(trial *t)
{
    const variant plain = {.name = NULL};
    making m = {.run = NULL}, none = {.run = NULL};
    kith_status status = open_run(t, &plain, NULL, &m);
    if (status == KITH_OK) status = make_rounds(t, &plain, &m, &none);
    close_run(&m);
    return status;
}

/* A context keeps the notes of all its runs, so each has one of its own. */
static kith_status make_apart(trial *t)
{
    kith_ctx *ctx = t->ctx;
    t->ctx = kith_ctx_create();
    const kith_status status = t->ctx ? make_plain(t) : KITH_EMEMORY;
    if (status != KITH_OK) {
        kith_ctx_forget(ctx);
        (void)kith_fail(ctx, status, "%s", kith_ctx_message(t->ctx));
    }
    kith_ctx_destroy(t->ctx);
    t->ctx = ctx;
    return status;
}

static kith_status try_memory(trial *t, const void *arg)
{
    size_t used[RUNS] = {0};
    (void)arg;
    const double began = kith_now();
    for (size_t n = 0; n < RUNS; n++) {
        KITH_TRY(make_apart(t));
        used[n] = trial_memory();
        /* A program is asked on only where it seems to leak. */
        if (n > APART && used[n] <= used[n - APART] && kith_now() - began > LONG_SECONDS) return KITH_OK;
    }
    for (size_t n = FIRST; n < RUNS; n++)
        if (used[n] <= used[n - APART]) return KITH_OK;
    return kith_fail(t->ctx, KITH_EPLUGIN,
                     "%zu bytes stay behind every run; free what callbacks allocate, or keep it in planes or in what "
                     "create() makes and destroy() frees",
                     (used[RUNS - 1] - used[FIRST - 1]) / (RUNS - FIRST));
}

/* ---- guarded runs ---- */

static kith_status make_guarded(trial *t, const variant *v, making *m)
{
    making none = {.run = NULL};
    size_t count = 0;
    KITH_TRY(open_run(t, v, NULL, m));
    KITH_TRY(make_rounds(t, v, m, &none));
    const kith_real *x = kith_run_model(m->run, &count);
    if (v->set[0]) return check_finite(t, count, x);
    return trial_compare(t, TRIAL_RUN, count, x, "the model", v->remedy);
}

/* Where a plugin refuses a setting, at once or in a step with few messages, there is nothing to try. */
static kith_status skip_refused(trial *t, const variant *v, kith_status status)
{
    char why[512];
    if (status != KITH_ECONFIG || !v->set[0]) return status;
    snprintf(why, sizeof why, "%s", kith_ctx_message(t->ctx));
    kith_ctx_forget(t->ctx);
    return trial_skip(t, why);
}

static kith_status try_guarded(trial *t, const void *arg)
{
    making m = {.run = NULL};
    guard_install(t->plugin);
    const kith_status status = skip_refused(t, arg, make_guarded(t, arg, &m));
    close_run(&m);
    guard_lift();
    return status;
}

/* ---- filters ---- */

/* What passes them is what it was. Under gossip that is so only where neighbours can hold copies. */
static kith_status try_filters(trial *t, const void *arg)
{
    making m = {.run = NULL}, other = {.run = NULL};
    (void)arg;
    static const variant filtered = {
        .set = {"run.filters=top-k(share=1), rand-k(share=1)", "attack.learners=0, 3",
                "attack.filters=sign-flip, sign-flip"},
        .remedy = "what learners send must be in planes alone, and whole when the callback returns"};
    const kith_status status = make_again(t, &filtered, &m, &other);
    close_run(&m);
    if (status != KITH_ECONFIG) return status;
    char why[512];
    snprintf(why, sizeof why, "no filters: %s", kith_ctx_message(t->ctx));
    kith_ctx_forget(t->ctx);
    return trial_skip(t, why);
}

/* ---- walks ---- */

enum { WALK_TOKENS = 20, WALK_HOPS = 2000 };

/* How far chance leads. T tokens are independent and start as the target says, so learner i's share of all visits is
 * off by sqrt(v_i / T), v_i the variance of its share of one token's, which is measured among the tokens. The total
 * variation is sum |d_i| / 2 <= sqrt(N sum d_i^2) / 2, by Cauchy and Schwarz, and 4 standard deviations are allowed:
 * once in 16,000 walks where all of it is a single slow mode, and less often where it is not. Besides, counts are whole
 * numbers: each of a token's N may be one off, N / 2 of its n hops. `variance`: n times the sum of v_i. */
static double chance_of_walk(double variance, double learners, double hops)
{
    return 2.0 * sqrt(learners * variance / hops / WALK_TOKENS) + 0.5 * learners / hops;
}

typedef struct visits {
    double variation, variance, hops;
} visits;

static kith_status take_visits(void *arg, const char *name, double value)
{
    visits *v = arg;
    if (strcmp(name, KITH_METRIC_total_variation_pooled) == 0) v->variation = value;
    if (strcmp(name, KITH_METRIC_sampling_variance) == 0) v->variance = value;
    if (strcmp(name, "hops") == 0) v->hops = value;
    return KITH_OK;
}

/* With so many hops a round. */
static kith_status make_walk(trial *t, int hops, making *m, visits *found)
{
    char setting[32], tokens[32];
    making none = {.run = NULL};
    snprintf(setting, sizeof setting, "walk.hops=%d", hops);
    snprintf(tokens, sizeof tokens, "walk.tokens=%d", WALK_TOKENS);
    const variant long_walk = {.set = {setting, tokens, "walk.start=-1"}};
    *found = (visits){NAN, NAN, NAN};
    KITH_TRY(open_run(t, &long_walk, NULL, m));
    KITH_TRY(make_rounds(t, &long_walk, m, &none));
    return kith_run_measure(t->ctx, m->run, take_visits, found);
}

/* A walk that remembers where it was comes to its target in the limit only, so what it is off by after n hops is held
 * against n / 4: two thirds of that are allowed, where a walk to another target keeps all of it. */
static kith_status allow_memory(trial *t, const visits *found, double *limit)
{
    making m = {.run = NULL};
    visits before;
    if (!((const kith_walk *)t->plugin->ops)->own || found->variation <= *limit) return KITH_OK;
    const kith_status status = make_walk(t, WALK_HOPS / 4, &m, &before);
    close_run(&m);
    if (status == KITH_OK) *limit = fmax(*limit, 2.0 / 3.0 * before.variation);
    return status;
}

static kith_status judge_walk(trial *t, making *m)
{
    visits found;
    KITH_TRY(make_walk(t, WALK_HOPS, m, &found));
    double limit = chance_of_walk(found.variance, (double)trial_learners(t), found.hops / WALK_TOKENS);
    KITH_TRY(allow_memory(t, &found, &limit));
    trial_tell(t, "total variation %.3g after %g hops, %.3g allowed", found.variation, found.hops, limit);
    if (found.variation <= limit) return KITH_OK;
    return kith_fail(t->ctx, KITH_EPLUGIN,
                     "after %g hops on %s their distribution is %.3g (total variation) from what target() tells, and "
                     "chance explains %.3g; mend one of the two",
                     found.hops, kith_config_text(m->config, "run", "topology"), found.variation, limit);
}

static kith_status try_walk(trial *t, const void *arg)
{
    making m = {.run = NULL};
    (void)arg;
    const kith_status status = judge_walk(t, &m);
    close_run(&m);
    return status;
}

/* ---- workers of their own ---- */

static kith_status start_workers(trial *t, const recipe *r, const char *experiment, const char *output)
{
    char self[PATH_MAX] = "", workers[32];
    const char *argv[2 * RECIPE_TEXTS + 16];
    size_t n = 0;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return kith_fail(t->ctx, KITH_EIO, "/proc/self/exe: %s; leave -n away", strerror(errno));
    snprintf(workers, sizeof workers, "-n%zu", t->subject->workers);
    const char *const words[] = {self, "run", workers, "--quiet", "--overwrite", experiment};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        argv[n++] = words[i];
    for (size_t i = 0; i < r->count; i++) {
        argv[n++] = "--set";
        argv[n++] = r->text[i];
    }
    argv[n++] = "--set";
    argv[n++] = output;
    argv[n] = NULL;
    const program p = {.argv = (char *const *)(uintptr_t)argv,
                       .title = "kith run",
                       .does = "makes the run",
                       .task = "run",
                       .package = "kith"};
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const kith_status status = program_filter(t->ctx, &p, null, null);
    close(null);
    return status;
}

/* The workers find the plugin where this process did. */
static kith_status name_folder(trial *t)
{
    char folders[2 * PATH_MAX], path[PATH_MAX];
    const char *before = getenv("KITH_PLUGIN_PATH");
    if (!realpath(t->subject->path, path))
        return kith_fail(t->ctx, KITH_EIO, "%s: %s", t->subject->path, strerror(errno));
    *strrchr(path, '/') = '\0';
    const int used = snprintf(folders, sizeof folders, "%s/%s%s", path, before ? ":" : "", before ? before : "");
    if (used < 0 || (size_t)used >= sizeof folders || setenv("KITH_PLUGIN_PATH", folders, 1))
        return kith_fail(t->ctx, KITH_EIO, "KITH_PLUGIN_PATH is too long");
    return KITH_OK;
}

/* NumPy's format, which we wrote: ten bytes, of which the last two tell the length of a header, and then numbers. */
static kith_status compare_numbers(trial *t, const unsigned char *bytes, size_t size)
{
    const size_t header = size < 10 ? size : 10 + (size_t)bytes[8] + 256 * (size_t)bytes[9];
    const size_t count = size < header ? 0 : (size - header) / sizeof(kith_real);
    kith_real *x = NULL;
    KITH_TRY(KITH_ALLOC(t->ctx, "model", count + 1, &x));
    if (count) memcpy(x, bytes + header, count * sizeof *x);
    const kith_status status =
        trial_compare(t, TRIAL_RUN, count, x, "the model",
                      "a callback must depend on its arguments alone, and write what is its own alone");
    kith_free(x);
    return status;
}

static kith_status compare_file(trial *t, const char *path)
{
    const size_t room = 1024 + (t->shared->count[TRIAL_RUN] + 1) * sizeof(kith_real);
    unsigned char *bytes = NULL;
    KITH_TRY(KITH_ALLOC(t->ctx, "model", room, &bytes));
    FILE *in = fopen(path, "re");
    const size_t size = in ? fread(bytes, 1, room, in) : 0;
    const kith_status status =
        size ? compare_numbers(t, bytes, size) : kith_fail(t->ctx, KITH_EIO, "%s: %s", path, strerror(errno));
    if (in) fclose(in);
    kith_free(bytes);
    return status;
}

static kith_status try_workers(trial *t, const void *arg)
{
    recipe r;
    char experiment[PATH_MAX + 32], output[PATH_MAX + 32], model[PATH_MAX + 32];
    (void)arg;
    snprintf(experiment, sizeof experiment, "%s/check.ini", t->subject->folder);
    snprintf(output, sizeof output, "run.output=%s/workers", t->subject->folder);
    snprintf(model, sizeof model, "%s/workers/model.npy", t->subject->folder);
    FILE *file = fopen(experiment, "we");
    if (!file || fclose(file)) return kith_fail(t->ctx, KITH_EIO, "%s: %s", experiment, strerror(errno));
    KITH_TRY(name_folder(t));
    kith_status status = recipe_make(t, &r);
    if (status == KITH_OK) status = start_workers(t, &r, experiment, output);
    recipe_free(&r);
    KITH_TRY(status);
    return compare_file(t, model);
}

/* ---- all of them ---- */

static const variant variants[] = {
    {.name = "the same bits in another process, in other memory",
     .shift = 3,
     .remedy = "look for memory that is read before it is written, for addresses, rand() and clocks"},
    {.name = "the same bits beside another run",
     .shift = 1,
     .beside = true,
     .remedy = "look for static variables; what must survive belongs into planes"},
    {.name = "the same bits however often it is tested",
     .set = {"eval.every=1", "eval.lane=7"},
     .remedy = "callbacks that look must not change anything"},
};
static const variant dealt[] = {
    {.name = "the same bits when visits are dealt in turn",
     .deal = KITH_DEAL_CYCLIC,
     .remedy = "a visit must not depend on the ones before it; what must survive belongs into planes"},
    {.name = "the same bits when visits are dealt in runs",
     .deal = KITH_DEAL_BLOCKED,
     .remedy = "a visit must not depend on the ones before it; what must survive belongs into planes"},
};

static const variant guards[] = {
    {.name = "callbacks write what is theirs, all of it, and nothing else",
     .remedy = "look for what is read before it is written, or beyond its end"},
    {.name = "and so with momentum", .set = {"local.momentum=0.9", "local.lr=0.002"}},
    {.name = "and so with AdamW", .set = {"local.optimizer=adamw", "local.lr=0.002"}},
};
static const variant sparse[] = {
    {.name = "and so with learners that drop out, and fewer messages in a step", .set = {"participation.dropout=0.4"}},
    {.name = "and so with one message in a step", .set = {"participation.arrivals=1"}},
    {.name = "and so with stale versions", .set = {"participation.kind=staleness", "local.lr=0.002"}},
};

/* Of those whose callbacks get vectors. */
static void try_guards(subject *s)
{
    const bool filter = s->shared->kind == KITH_FILTER, federated = filter || s->shared->role == KITH_ROLE_FEDERATED;
    if (!filter && !federated && s->shared->role != KITH_ROLE_DECENTRALIZED) return;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
        trial_make(s, guards[i].name, 0, try_guarded, &guards[i]);
    for (size_t i = 0; i < sizeof sparse / sizeof sparse[0] && federated; i++)
        trial_make(s, sparse[i].name, 0, try_guarded, &sparse[i]);
}

static void try_resuming(subject *s)
{
    static const char name[] = "the same bits when it is interrupted and resumed";
    static const char remedy[] = "something that the next round needs is not in a plane, or in the state that is saved";
    static const variant first = {.name = name, .remedy = remedy, .part = FIRST_HALF};
    static const variant second = {.name = name, .remedy = remedy, .part = SECOND_HALF, .shift = 2};
    if (trial_begin(s, name, first.shift, try_again, &first)) trial_make(s, name, second.shift, try_again, &second);
}

void trial_all_runs(subject *s)
{
    if (!trial_need(s, "a short run", try_first, NULL)) return;
    if (s->shared->skipped) {
        /* `only` may mean one of those that there would be. */
        s->meant++;
        return;
    }
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        trial_make(s, variants[i].name, variants[i].shift, try_again, &variants[i]);
    trial_make(s, "runs leave nothing behind", 0, try_memory, NULL);
    if (s->shared->kind == KITH_FILTER ||
        (s->shared->kind == KITH_ALGORITHM && s->shared->role != KITH_ROLE_POPULATION))
        for (size_t i = 0; i < sizeof dealt / sizeof dealt[0]; i++)
            trial_make(s, dealt[i].name, dealt[i].shift, try_again, &dealt[i]);
    try_guards(s);
    if (s->shared->role == KITH_ROLE_FEDERATED || s->shared->role == KITH_ROLE_DECENTRALIZED)
        trial_make(s, "the same bits under filters that lose nothing", 0, try_filters, NULL);
    if (s->shared->role == KITH_ROLE_WALK) trial_make(s, "visits come to what target() tells", 0, try_walk, NULL);
    try_resuming(s);
    char name[80];
    snprintf(name, sizeof name, "the same bits with %zu workers", s->workers);
    if (s->workers > 1) trial_make(s, name, 0, try_workers, NULL);
}

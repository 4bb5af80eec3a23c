#include "launch/commands/sweep/plan.h"

#include "base/shorten.h"
#include "config/config.h"
#include "launch/commands/sweep/draws.h"
#include "launch/commands/sweep/halving.h"
#include "launch/services/prepare.h"
#include "launch/services/results/groups.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const kith_param sweep_params[] = {
    {"workers_per_run", KITH_TYPE_INT, 0, offsetof(sweep_settings, workers_per_run), "1", "1..1048576", "workers",
     "How many workers share one run; the others make other runs meanwhile. It changes no result."},
    {"metrics", KITH_TYPE_STRING, 0, offsetof(sweep_settings, metrics), "", "", "",
     "Metrics in the table at the end, divided by commas; empty: what leads, as test_accuracy, mse or exploitability."},
    {"zip", KITH_TYPE_STRING, 0, offsetof(sweep_settings, zip), "", "", "",
     "Axes that move together instead of making a grid, as in local.lr & local.steps; more such groups follow commas."},
    {"count", KITH_TYPE_INT, 0, offsetof(sweep_settings, count), "0", "0..10000", "points",
     "How many points are drawn where axes are uniform(LOW, HIGH), loguniform, integers or choice(A, B): these move "
     "together. More points leave the former ones as they are."},
    {"halving", KITH_TYPE_INT, 0, offsetof(sweep_settings, halving), "0", "0..1000", "",
     "One in so many configurations, the best by the first of `metrics`, goes on to so many times the rounds, up to "
     "the last; 0: all runs are made to their end."},
    {"halving_from", KITH_TYPE_INT, "halving > 0", offsetof(sweep_settings, halving_from), "1", "1..", "rounds",
     "After how many rounds configurations are first compared; it is the next round that is evaluated."},
    {"draw_seed", KITH_TYPE_INT, 0, offsetof(sweep_settings, draw_seed), "1", "0..", "", "The seed of drawn values."},
};
const size_t sweep_param_count = sizeof sweep_params / sizeof sweep_params[0];

static kith_status fail_memory(kith_ctx *ctx, const sweep_plan *plan)
{
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the sweep", plan->options->experiment);
}

/* ---- axes ---- */

typedef struct axis_reader {
    kith_ctx *ctx;
    sweep_plan *plan;
} axis_reader;

static bool is_about_results(const char *key)
{
    return strcmp(key, "run.output") == 0 || strcmp(key, "partition.save") == 0 ||
           strncmp(key, "checkpoint.", 11) == 0 || strncmp(key, "sweep.", 6) == 0;
}

static kith_status check_axis(kith_ctx *ctx, const sweep_plan *plan, const sweep_axis *axis, const char *name)
{
    if (is_about_results(name))
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: sweep.%s: changes no result, so it is nothing to sweep over; take it away", axis->source,
                         name);
    for (size_t i = 0; i < plan->options->set_count; i++) {
        const char *set = plan->options->sets[i];
        const size_t length = strcspn(set, "= ");
        if (length != strlen(name) || strncmp(set, name, length) != 0) continue;
        kith_quoted quoted;
        return kith_fail(ctx, KITH_ECONFIG,
                         "--set %s: the sweep gives this key values of its own; write --set sweep.%s",
                         kith_quote(set, &quoted), kith_quote(set, &quoted));
    }
    return KITH_OK;
}

/* prefix is "FILE:LINE", or "--set TEXT" of which no more than the option is a source. */
static kith_status fill_axis(kith_ctx *ctx, const sweep_plan *plan, const char *name, const char *text,
                             const char *prefix, sweep_axis *axis)
{
    char where[PATH_MAX + 128];
    const char *dot = strchr(name, '.');
    snprintf(where, sizeof where, "%s: sweep.%s", prefix, name);
    axis->section = strndup(name, (size_t)(dot - name));
    axis->key = strdup(dot + 1);
    axis->source = strdup(strncmp(prefix, "--set ", 6) == 0 ? "--set" : prefix);
    if (!axis->section || !axis->key || !axis->source) return fail_memory(ctx, plan);
    axis->seed = kith_is_seed(axis->key);
    KITH_TRY(check_axis(ctx, plan, axis, name));
    if (sweep_is_drawn(text)) {
        axis->drawn = strdup(text);
        return axis->drawn ? KITH_OK : fail_memory(ctx, plan);
    }
    const bool chains = strcmp(axis->key, "filters") == 0;
    return chains ? sweep_chains_parse(ctx, where, text, &axis->values)
                  : sweep_values_parse(ctx, where, text, &axis->values);
}

static kith_status add_axis(void *arg, const char *name, const char *text, const char *prefix)
{
    const axis_reader *r = arg;
    sweep_plan *plan = r->plan;
    if (!strchr(name, '.')) return KITH_OK; /* a setting of the sweep itself */
    sweep_axis *grown = reallocarray(plan->axis, plan->axes + 1, sizeof *grown);
    if (!grown) return fail_memory(r->ctx, plan);
    plan->axis = grown;
    plan->axis[plan->axes] = (sweep_axis){.dimension = plan->axes};
    return fill_axis(r->ctx, plan, name, text, prefix, &plan->axis[plan->axes++]);
}

/* ---- dimensions ---- */

static kith_status refuse_zip(kith_ctx *ctx, const sweep_plan *plan, const char *name)
{
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    for (size_t i = 0; out && i < plan->axes; i++)
        fprintf(out, "%s%s.%s", i ? ", " : "", plan->axis[i].section, plan->axis[i].key);
    if (out) fclose(out);
    const kith_status status =
        kith_config_refuse(ctx, plan->given, "sweep", "zip", "%s is no axis of this sweep, which has %s",
                           *name ? name : "an empty name", all && *all ? all : "none");
    free(all);
    return status;
}

static kith_status find_axis(kith_ctx *ctx, sweep_plan *plan, const char *name, sweep_axis **out)
{
    for (size_t i = 0; i < plan->axes; i++) {
        sweep_axis *a = &plan->axis[i];
        const size_t length = strlen(a->section);
        if (strncmp(name, a->section, length) || name[length] != '.' || strcmp(name + length + 1, a->key)) continue;
        *out = a;
        return KITH_OK;
    }
    return refuse_zip(ctx, plan, name);
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (size_t length = strlen(text); length && strchr(" \t", text[length - 1]);)
        text[--length] = '\0';
    return text;
}

/* Draws the values of axes that have none yet, and gives these axes one dimension. */
static kith_status draw_axes(kith_ctx *ctx, sweep_plan *plan)
{
    const sweep_axis *first = NULL;
    for (size_t i = 0; i < plan->axes; i++) {
        sweep_axis *a = &plan->axis[i];
        char name[256], where[PATH_MAX + 300];
        if (!a->drawn) continue;
        snprintf(name, sizeof name, "%s.%s", a->section, a->key);
        snprintf(where, sizeof where, "%s: sweep.%s", a->source, name);
        if (plan->settings.count == 0)
            return kith_fail(ctx, KITH_ECONFIG, "%s: draws values, and sweep.count does not say how many; set it",
                             where);
        KITH_TRY(sweep_draw(ctx, where, a->drawn, name, (uint64_t)plan->settings.draw_seed,
                            (size_t)plan->settings.count, &a->values));
        if (!first) first = a;
        a->dimension = first->dimension;
    }
    if (first || plan->settings.count == 0) return KITH_OK;
    return kith_config_refuse(ctx, plan->given, "sweep", "count",
                              "no axis draws its values, as local.lr = loguniform(0.01, 1) would; take it away");
}

/* One group of sweep.zip: its axes get the dimension of the first. */
static kith_status zip_group(kith_ctx *ctx, sweep_plan *plan, char *group)
{
    sweep_axis *first = NULL;
    while (group) {
        sweep_axis *axis = NULL;
        KITH_TRY(find_axis(ctx, plan, trim(strsep(&group, "&")), &axis));
        if (!first) first = axis;
        if (axis->values.count != first->values.count)
            return kith_config_refuse(ctx, plan->given, "sweep", "zip",
                                      "%s.%s has %zu values and %s.%s has %zu; give them equally many", first->section,
                                      first->key, first->values.count, axis->section, axis->key, axis->values.count);
        axis->dimension = first->dimension;
    }
    return KITH_OK;
}

static kith_status zip_axes(kith_ctx *ctx, sweep_plan *plan)
{
    if (!plan->settings.zip[strspn(plan->settings.zip, " \t")]) return KITH_OK;
    char *text = strdup(plan->settings.zip), *rest = text;
    kith_status status = text ? KITH_OK : fail_memory(ctx, plan);
    while (status == KITH_OK && rest)
        status = zip_group(ctx, plan, strsep(&rest, ","));
    free(text);
    return status;
}

/* Of nothing but seeds. */
static bool is_seeds(const sweep_plan *plan, size_t dimension)
{
    bool all = true;
    for (size_t i = 0; i < plan->axes; i++)
        if (plan->axis[i].dimension == dimension) all &= plan->axis[i].seed;
    return all;
}

/* Numbers the dimensions that have axes 0, 1, ..., seeds last. */
static kith_status number_dimensions(kith_ctx *ctx, sweep_plan *plan)
{
    size_t *number = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "axes of the sweep", plan->axes + 1, &plan->extent));
    KITH_TRY(KITH_ALLOC(ctx, "axes of the sweep", plan->axes + 1, &number));
    plan->repeats = 1;
    for (int seeds = 0; seeds < 2; seeds++)
        for (size_t i = 0; i < plan->axes; i++) {
            if (plan->axis[i].dimension != i || is_seeds(plan, i) != (seeds == 1)) continue;
            number[i] = plan->dimensions;
            plan->extent[plan->dimensions++] = plan->axis[i].values.count;
            if (seeds) plan->repeats *= plan->axis[i].values.count;
        }
    for (size_t i = 0; i < plan->axes; i++)
        plan->axis[i].dimension = number[plan->axis[i].dimension];
    kith_free(number);
    return KITH_OK;
}

static kith_status count_points(kith_ctx *ctx, sweep_plan *plan)
{
    plan->points = 1;
    for (size_t d = 0; d < plan->dimensions; d++) {
        if (plan->points > SWEEP_MOST_RUNS / plan->extent[d])
            return kith_fail(ctx, KITH_ECONFIG,
                             "%s: the sweep has more than %d runs; take fewer values, or name axes that move "
                             "together in sweep.zip",
                             plan->options->experiment, SWEEP_MOST_RUNS);
        plan->points *= plan->extent[d];
    }
    return KITH_OK;
}

static kith_status name_axes(kith_ctx *ctx, sweep_plan *plan)
{
    for (size_t i = 0; i < plan->axes; i++) {
        sweep_axis *a = &plan->axis[i];
        bool alone = true;
        for (size_t k = 0; k < plan->axes; k++)
            alone &= k == i || strcmp(plan->axis[k].key, a->key) != 0;
        if (asprintf(&a->title, "%s%s%s", alone ? "" : a->section, alone ? "" : ".", a->key) >= 0) continue;
        a->title = NULL;
        return fail_memory(ctx, plan);
    }
    return KITH_OK;
}

/* ---- reading ---- */

static kith_status read_file(kith_ctx *ctx, sweep_plan *plan)
{
    const run_options *o = plan->options;
    KITH_TRY(kith_config_create(ctx, &plan->given));
    KITH_TRY(prepare_read(ctx, plan->given, o->experiment));
    for (size_t i = 0; i < o->set_count; i++)
        KITH_TRY(kith_config_set(ctx, plan->given, o->sets[i]));
    KITH_TRY(kith_config_copy(ctx, plan->given, &plan->base));
    kith_config_drop(plan->base, "sweep", NULL);
    if (kith_config_mentioned(plan->given, "sweep")) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: has no section [sweep], so there is one run only; add one, or use '" KITH_NAME " run'",
                     o->experiment);
}

static kith_status read_axes(kith_ctx *ctx, sweep_plan *plan)
{
    axis_reader reader = {.ctx = ctx, .plan = plan};
    KITH_TRY(kith_config_each_given(plan->given, "sweep", add_axis, &reader));
    for (size_t i = 0; i < plan->axes; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s.%s", plan->axis[i].section, plan->axis[i].key);
        kith_config_drop(plan->given, "sweep", name);
    }
    KITH_TRY(kith_config_bind(ctx, plan->given, "sweep", sweep_params, sweep_param_count, true, &plan->settings));
    if (plan->axes == 0)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: section [sweep] names nothing to vary; write a line such as run.seed = 1, 2, 3",
                         kith_config_mentioned(plan->given, "sweep"));
    KITH_TRY(name_axes(ctx, plan));
    KITH_TRY(draw_axes(ctx, plan));
    KITH_TRY(zip_axes(ctx, plan));
    KITH_TRY(sweep_plan_check_values(ctx, plan));
    KITH_TRY(number_dimensions(ctx, plan));
    return count_points(ctx, plan);
}

/* Every worker sees the folder that the file names before the folders of single runs replace it. */
static kith_status find_folder(kith_ctx *ctx, sweep_plan *plan)
{
    struct kith_config *config = NULL;
    kith_run *run = NULL;
    const kith_run_options options = {.record = true, .name = plan->name};
    KITH_TRY(sweep_plan_run(ctx, plan, 0, &options, &config, &run));
    snprintf(plan->folder, sizeof plan->folder, "%s", kith_run_folder(run));
    const char *save = kith_config_text(config, "partition", "save");
    kith_status status = KITH_OK;
    if (save && *save && plan->points > 1)
        status =
            kith_config_refuse(ctx, config, "partition", "save", "all runs of a sweep would write it; take it away");
    if (status == KITH_OK) status = sweep_halving_plan(ctx, plan, config, run);
    kith_run_close(run);
    kith_config_destroy(config);
    return status;
}

kith_status sweep_plan_read(kith_ctx *ctx, const run_options *options, sweep_plan *out)
{
    *out = (sweep_plan){.options = options};
    prepare_name(options->experiment, out->name, sizeof out->name);
    KITH_TRY(read_file(ctx, out));
    KITH_TRY(read_axes(ctx, out));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", out->points, &out->digest));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", out->points, &out->twin));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", out->points, &out->first));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", out->points * out->axes, &out->idle));
    KITH_TRY(kith_registry_create(ctx, &out->registry));
    /* Its notes come again when all points are tried. */
    kith_ctx *aside = kith_ctx_create();
    const kith_status status = aside ? find_folder(aside, out) : fail_memory(ctx, out);
    if (aside && status != KITH_OK) kith_fail(ctx, status, "%s", kith_ctx_message(aside));
    kith_ctx_destroy(aside);
    return status;
}

void sweep_plan_free(sweep_plan *plan)
{
    for (size_t i = 0; i < plan->axes; i++) {
        sweep_values_free(&plan->axis[i].values);
        free(plan->axis[i].section);
        free(plan->axis[i].key);
        free(plan->axis[i].source);
        free(plan->axis[i].title);
        free(plan->axis[i].drawn);
    }
    free(plan->axis);
    kith_free(plan->extent);
    kith_free(plan->digest);
    kith_free(plan->twin);
    kith_free(plan->first);
    kith_free(plan->idle);
    kith_free(plan->past);
    for (size_t i = 0; plan->subfolder && i < plan->points; i++)
        free(plan->subfolder[i]);
    kith_free(plan->subfolder);
    if (plan->registry) kith_registry_destroy(plan->registry);
    kith_config_destroy(plan->base);
    kith_config_destroy(plan->given);
    *plan = (sweep_plan){0};
}

/* ---- points ---- */

size_t sweep_plan_value(const sweep_plan *plan, size_t point, const sweep_axis *axis)
{
    for (size_t d = plan->dimensions; d-- > axis->dimension + 1;)
        point /= plan->extent[d];
    return point % plan->extent[axis->dimension];
}

void sweep_plan_tell(const sweep_plan *plan, size_t point, const sweep_axis *axis, char out[SWEEP_VALUE_SIZE])
{
    enum { NUMBER_SIZE = 24 };
    const size_t index = sweep_plan_value(plan, point, axis);
    kith_shorten(axis->values.text[index], out, SWEEP_VALUE_SIZE - NUMBER_SIZE);
    const size_t used = strlen(out);
    if (strlen(axis->values.text[index]) > used) snprintf(out + used, SWEEP_VALUE_SIZE - used, " (#%zu)", index + 1);
}

void sweep_plan_cell(const sweep_plan *plan, size_t point, size_t axis, char out[SWEEP_VALUE_SIZE])
{
    if (plan->idle[plan->first[point] * plan->axes + axis])
        snprintf(out, SWEEP_VALUE_SIZE, "-");
    else
        sweep_plan_tell(plan, point, &plan->axis[axis], out);
}

void sweep_plan_label(const sweep_plan *plan, size_t point, bool seeds, char *out, size_t size)
{
    char whole[16 * SWEEP_VALUE_SIZE] = "", value[SWEEP_VALUE_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < (seeds ? 2 : 1) * plan->axes && used < sizeof whole; i++) {
        const sweep_axis *a = &plan->axis[i % plan->axes];
        if (a->seed != (i >= plan->axes)) continue;
        sweep_plan_tell(plan, point, a, value);
        used += (size_t)snprintf(whole + used, sizeof whole - used, "%s%s = %s", used ? ", " : "", a->title, value);
    }
    kith_shorten(whole, out, size);
}

kith_status sweep_plan_run(kith_ctx *ctx, const sweep_plan *plan, size_t point, const kith_run_options *options,
                           struct kith_config **config, kith_run **run)
{
    struct kith_config *own = NULL;
    char folder[PATH_MAX + 32];
    KITH_TRY(kith_config_copy(ctx, plan->base, &own));
    kith_status status = KITH_OK;
    for (size_t i = 0; i < plan->axes && status == KITH_OK; i++) {
        const sweep_axis *a = &plan->axis[i];
        status =
            kith_config_put(ctx, own, a->section, a->key, a->values.text[sweep_plan_value(plan, point, a)], a->source);
    }
    sweep_plan_folder(plan, point, folder, sizeof folder);
    if (status == KITH_OK && *plan->folder) status = kith_config_put(ctx, own, "run", "output", folder, "the sweep");
    if (status == KITH_OK) status = kith_run_resolve(ctx, plan->registry, own, options, run);
    if (status == KITH_OK)
        *config = own;
    else
        kith_config_destroy(own);
    return status;
}

/* ---- trying all points ---- */

static kith_status add_to_digest(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)source;
    uint64_t *digest = arg;
    *digest = kith_run_digest_add(*digest, section, key, text);
    return KITH_OK;
}

uint64_t sweep_plan_digest(const struct kith_config *config)
{
    uint64_t digest = 0;
    /* add_to_digest never fails */
    (void)!kith_config_each(config, add_to_digest, &digest);
    return digest;
}

/* Keeps of `kept`, lines, those that `other` has too. */
static void keep_common(char *kept, const char *other)
{
    char *out = kept;
    for (const char *line = kept; *line;) {
        const size_t length = strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
        char *text = strndup(line, length);
        const bool common = text && strstr(other, text);
        free(text);
        if (common) {
            memmove(out, line, length);
            out += length;
        }
        line += length;
    }
    *out = '\0';
}

/* *resolved: it was found in order but for what only files and graphs can tell. */
static kith_status try_point(kith_ctx *ctx, sweep_plan *plan, size_t point, bool *resolved)
{
    struct kith_config *config = NULL;
    kith_run *run = NULL;
    const kith_run_options options = {.record = true, .name = plan->name};
    KITH_TRY(sweep_plan_run(ctx, plan, point, &options, &config, &run));
    *resolved = true;
    plan->digest[point] = sweep_plan_digest(config);
    for (size_t i = 0; i < plan->axes; i++) {
        sweep_axis *a = &plan->axis[i];
        const bool read = kith_config_counts(config, a->section, a->key, &a->unread);
        a->read |= read;
        plan->idle[point * plan->axes + i] = !read;
    }
    kith_status status = kith_run_rehearse(ctx, run);
    if (status != KITH_OK && !plan->options->overwrite && sweep_plan_is_past(plan, plan->digest[point])) {
        kith_ctx_forget(ctx);
        status = KITH_OK;
    }
    kith_run_close(run);
    kith_config_destroy(config);
    return status;
}

/* An axis that no point takes notice of is a mistake. */
static kith_status check_read(kith_ctx *ctx, const sweep_plan *plan)
{
    for (size_t i = 0; i < plan->axes; i++) {
        const sweep_axis *a = &plan->axis[i];
        if (a->read || a->values.count == 1) continue;
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: sweep.%s.%s: no run uses this key (with %s), so its %zu values would give the same runs; "
                         "take it away, or choose what uses it",
                         a->source, a->section, a->key, a->unread.text, a->values.count);
    }
    return KITH_OK;
}

/* Nor is one whose values all mean the same. */
static kith_status check_effects(kith_ctx *ctx, const sweep_plan *plan)
{
    KITH_TRY(check_read(ctx, plan));
    for (size_t d = 0, stride = plan->points; d < plan->dimensions; d++) {
        stride /= plan->extent[d];
        bool changes = plan->extent[d] == 1;
        for (size_t i = 0; i < plan->points && !changes; i++) {
            const size_t at = i / stride % plan->extent[d];
            changes = plan->digest[i] != plan->digest[i - at * stride];
        }
        for (size_t i = 0; i < plan->axes && !changes; i++) {
            const sweep_axis *a = &plan->axis[i];
            if (a->dimension != d) continue;
            return kith_fail(ctx, KITH_ECONFIG,
                             "%s: sweep.%s.%s: its %zu values give the same runs; take it away, or choose others",
                             a->source, a->section, a->key, a->values.count);
        }
    }
    return KITH_OK;
}

static void fail_point(kith_ctx *ctx, const sweep_plan *plan, size_t point, bool resolved, kith_status status,
                       const char *message)
{
    char label[SWEEP_VALUE_SIZE];
    sweep_plan_label(plan, point, true, label, sizeof label);
    kith_fail(ctx, status, "%s%s%s", resolved ? label : "", resolved ? ": " : "", message);
}

kith_status sweep_plan_resolve(kith_ctx *ctx, sweep_plan *plan)
{
    char *notes = NULL;
    kith_status status = KITH_OK;
    for (size_t i = 0; i < plan->points && status == KITH_OK; i++) {
        kith_ctx *own = kith_ctx_create();
        bool resolved = false;
        status = own ? try_point(own, plan, i, &resolved) : fail_memory(ctx, plan);
        if (status != KITH_OK && own) fail_point(ctx, plan, i, resolved, status, kith_ctx_message(own));
        if (own && !notes)
            notes = strdup(kith_ctx_notes(own));
        else if (own)
            keep_common(notes, kith_ctx_notes(own));
        kith_ctx_destroy(own);
    }
    for (char *rest = notes; status == KITH_OK && rest && *rest;)
        kith_note(ctx, "%s", strsep(&rest, "\n"));
    free(notes);
    if (status == KITH_OK) status = check_effects(ctx, plan);
    if (status == KITH_OK) status = sweep_plan_name_folders(ctx, plan);
    if (status == KITH_OK) sweep_plan_find_idle(plan);
    return status;
}

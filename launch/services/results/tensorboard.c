#include "launch/services/results/tensorboard.h"
#include "base/metrics.h"

#include "launch/services/results/metrics.h"
#include "launch/services/results/swept.h"
#include "record/aside.h"
#include "record/events.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_SIZE = 220 };

typedef struct export
{
    kith_ctx *ctx;
    const kith_results *results;
    const kith_groups *groups;
    const kith_swept *swept;
    const char *const *metric;
    size_t metrics;
    const char *folder;
    char(*name)[NAME_SIZE]; /* [results->count] of folders so far */
    size_t names;
}
export;

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for events");
}

/* ---- names ---- */

/* No blanks, nothing that a shell or a file system has a use for. */
static void tidy_name(char *name)
{
    char *out = name;
    for (const char *in = name; *in; in++) {
        const bool plain = isalnum((unsigned char)*in) || strchr("_=,+-()", *in) || (*in == '.' && out > name);
        if (*in != ' ') *out++ = plain ? *in : '-';
    }
    *out = '\0';
}

static bool is_taken(const export *e, const char *name)
{
    for (size_t i = 0; i < e->names; i++)
        if (strcmp(e->name[i], name) == 0) return true;
    return false;
}

static const char *name_run(export *e, const kith_result *run)
{
    char label[KITH_LABEL_SIZE], *name = e->name[e->names];
    kith_swept_label(e->swept, run, NULL, label, sizeof label);
    const char *first = *label ? label : *run->name ? run->name : "run";
    snprintf(name, NAME_SIZE, "%.160s,seed=%" PRIu64, first, run->seed);
    tidy_name(name);
    const size_t used = strlen(name);
    for (size_t number = 2; is_taken(e, name); number++)
        snprintf(name + used, NAME_SIZE - used, "(%zu)", number);
    e->names++;
    return name;
}

/* ---- events ---- */

static double wall_time(const kith_result *run, uint64_t round)
{
    const double begun = kith_time_of(run->started), since = kith_result_at(run, KITH_METRIC_wall_time, round);
    return (isnan(begun) ? 0.0 : begun) + (isfinite(since) ? since : 0.0);
}

/* A table in Markdown. */
static char *parameters_of(const kith_result *run)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fputs("| parameter | value |\n| --- | --- |\n", out);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        fprintf(out, "| %s.%s | ", p->section, p->key);
        for (const char *c = p->value; *c; c++) {
            if (*c == '|') putc('\\', out);
            putc(*c == '\n' ? ' ' : *c, out);
        }
        fputs(" |\n", out);
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

/* Each series' place, moved on past the round whose scalars are found; false: there are no more. */
static bool next_scalars(const export *e, const kith_result *run, size_t *at, kith_scalar *scalar, size_t *scalars,
                         uint64_t *round)
{
    bool found = false;
    *scalars = 0;
    for (size_t s = 0; s < run->series_count; s++) {
        const kith_series *series = &run->series[s];
        if (at[s] == series->count || !kith_metric_asked(e->metric, e->metrics, series->name)) continue;
        if (!found || series->point[at[s]].round < *round) *round = series->point[at[s]].round;
        found = true;
    }
    for (size_t s = 0; s < run->series_count && found; s++) {
        const kith_series *series = &run->series[s];
        if (at[s] == series->count || series->point[at[s]].round != *round) continue;
        if (!kith_metric_asked(e->metric, e->metrics, series->name)) continue;
        const double value = series->point[at[s]++].value;
        if (!isnan(value)) scalar[(*scalars)++] = (kith_scalar){series->name, value};
    }
    return found;
}

static bool write_scalars(const export *e, const kith_result *run, size_t *at, kith_scalar *scalar, FILE *out)
{
    size_t scalars;
    uint64_t round = 0;
    while (next_scalars(e, run, at, scalar, &scalars, &round))
        if (scalars && !kith_event_scalars(out, wall_time(run, round), round, scalar, scalars)) return false;
    return true;
}

static bool write_head(const kith_result *run, FILE *out)
{
    const double begun = wall_time(run, UINT64_MAX);
    char *text = parameters_of(run);
    const bool whole = text && kith_event_version(out, begun) && kith_event_text(out, begun, 0, "parameters", text);
    free(text);
    return whole;
}

static kith_status write_events(const export *e, const kith_result *run, FILE *out)
{
    size_t *at;
    kith_scalar *scalar;
    KITH_TRY(KITH_ALLOC(e->ctx, "events", run->series_count + 1, &at));
    kith_status status = KITH_ALLOC(e->ctx, "events", run->series_count + 1, &scalar);
    if (status == KITH_OK) {
        if (!write_head(run, out) || !write_scalars(e, run, at, scalar, out)) status = fail_memory(e->ctx);
        kith_free(scalar);
    }
    kith_free(at);
    return status;
}

/* ---- files ---- */

static kith_status make_folder(kith_ctx *ctx, const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: cannot be made: %s; choose another folder for the events", path,
                     strerror(errno));
}

static kith_status write_file(const export *e, const kith_result *run, const char *path)
{
    kith_aside file;
    KITH_TRY(kith_aside_open(e->ctx, path, KITH_PRODUCT_EVENTS, &file));
    const kith_status status = write_events(e, run, file.stream);
    if (status == KITH_OK) return kith_aside_commit(e->ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

static kith_status write_run(export *e, const kith_result *run, FILE *list)
{
    char *folder = NULL, *path = NULL;
    const char *name = name_run(e, run);
    kith_status status = KITH_OK;
    if (asprintf(&folder, "%s/%s", e->folder, name) < 0) return fail_memory(e->ctx);
    if (asprintf(&path, "%s/" KITH_EVENTS_NAME, folder) < 0) {
        path = NULL;
        status = fail_memory(e->ctx);
    }
    if (status == KITH_OK) status = make_folder(e->ctx, folder);
    if (status == KITH_OK) status = write_file(e, run, path);
    if (status == KITH_OK) fprintf(list, "%s\n", folder);
    free(path);
    free(folder);
    return status;
}

static kith_status write_runs(export *e, FILE *list)
{
    KITH_TRY(KITH_ALLOC(e->ctx, "events", e->results->count, &e->name));
    kith_status status = make_folder(e->ctx, e->folder);
    for (size_t r = 0; r < e->results->count && status == KITH_OK; r++)
        status = write_run(e, e->results->run[r], list);
    kith_free(e->name);
    return status;
}

kith_status kith_tensorboard_write(kith_ctx *ctx, const kith_export_request *request, const char *folder, FILE *list)
{
    kith_results results;
    kith_groups groups = {.count = 0};
    kith_swept swept = {.count = 0};
    KITH_TRY(kith_results_read_all(ctx, &request->where, 1, request->outdated, &results));
    export e = {.ctx = ctx,
                .results = &results,
                .swept = &swept,
                .metric = request->metric,
                .metrics = request->metrics,
                .folder = folder};
    kith_status status = kith_metrics_check(ctx, request->where, &results, e.metric, e.metrics);
    if (status == KITH_OK) status = kith_groups_make(ctx, &results, &groups);
    if (status == KITH_OK) status = kith_swept_find(ctx, &groups, &swept);
    if (status == KITH_OK) status = write_runs(&e, list);
    kith_swept_free(&swept);
    kith_groups_free(&groups);
    kith_results_free(&results);
    return status;
}

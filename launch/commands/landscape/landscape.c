/* `kith landscape`: what lies between the models that a run left of its learners. */
#include "launch/commands/landscape/landscape.h"

#include "base/stop.h"
#include "launch/command.h"
#include "launch/services/console.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/signals.h"
#include "launch/services/workers/worker.h"

#include <math.h>
#include <string.h>

static bool is_first(const gallery *g)
{
    return kith_exchange_place(g->exchange)->worker == 0;
}

/* ---- merging ---- */

/* The weights that were typed, to weight[0..n-1]; they are made to sum to 1 with the others. */
static kith_status parse_weights(gallery *g, double *weight)
{
    const char *text = g->options->weights;
    double sum = 0.0;
    for (size_t k = 0; k < g->count; k++) {
        const char *end = text;
        weight[k] = kith_number(text, &end);
        if (end == text || !isfinite(weight[k]) || weight[k] < 0.0 || (k + 1 < g->count ? *end != ',' : *end != '\0'))
            return kith_fail(g->ctx, KITH_EUSAGE,
                             "--weights %s: %zu numbers from 0 on are needed, one for each model, with commas between "
                             "them",
                             g->options->weights, g->count);
        text = end + 1;
        sum += weight[k];
    }
    if (sum > 0.0) return KITH_OK;
    return kith_fail(g->ctx, KITH_EUSAGE, "--weights %s: one of them has to be above 0", g->options->weights);
}

/* Weights are learners' numbers of examples where all models are learners' of one run. */
static bool weigh_by_examples(const gallery *g, double *weight)
{
    if (g->exhibits != 1 || g->exhibit[0].one || g->exhibit[0].rows != g->about.learners) return false;
    for (size_t k = 0; k < g->count; k++)
        weight[k] = (double)kith_data_size(g->about.data, g->number[k]);
    return true;
}

/* [all] */
static kith_status merge_by(gallery *g, const char *name, double *weight, merging *m)
{
    double sum = 0.0;
    for (size_t k = 0; k < g->count; k++)
        sum += weight[k];
    *m = (merging){.weights = name, .loss = g->alone[0].loss, .accuracy = g->alone[0].accuracy};
    for (size_t k = 0; k < g->count; k++) {
        weight[k] /= sum;
        m->loss += weight[k] * (g->alone[k].loss - g->alone[0].loss);
        m->accuracy += weight[k] * (g->alone[k].accuracy - g->alone[0].accuracy);
    }
    return surface_score(g, weight, &m->mean);
}

/* [all] */
static kith_status find_mergings(gallery *g, landscape *l)
{
    double *weight = g->weight;
    for (size_t k = 0; k < g->count; k++)
        weight[k] = 1.0;
    KITH_TRY(merge_by(g, "uniform", weight, &l->merging[l->mergings++]));
    if (weigh_by_examples(g, weight)) KITH_TRY(merge_by(g, "examples", weight, &l->merging[l->mergings++]));
    if (!g->options->weights) return KITH_OK;
    KITH_TRY(kith_exchange_agree(g->exchange, parse_weights(g, weight), NULL));
    return merge_by(g, "given", weight, &l->merging[l->mergings++]);
}

/* ---- what is asked for ---- */

static kith_status find_line(gallery *g, landscape *l)
{
    kith_status status = KITH_ALLOC(g->ctx, "a line", g->options->steps, &l->line);
    KITH_TRY(kith_exchange_agree(g->exchange, status, NULL));
    return surface_line(g, l->ends[0], l->ends[1], l->line);
}

static kith_status find_pairs(gallery *g, landscape *l)
{
    const size_t n = g->count;
    kith_tested *point = NULL;
    kith_status status = KITH_ALLOC(g->ctx, "barriers", n * n, &l->pair);
    if (status == KITH_OK) status = KITH_ALLOC(g->ctx, "a line", g->options->steps, &point);
    status = kith_exchange_agree(g->exchange, status, NULL);
    for (size_t a = 0; a < n && status == KITH_OK; a++) {
        l->pair[a * n + a].accuracy = g->about.classes ? 0.0 : NAN;
        for (size_t b = a + 1; b < n && status == KITH_OK; b++) {
            status = surface_line(g, a, b, point);
            l->pair[a * n + b] = barrier_of(point, g->options->steps);
            l->pair[b * n + a] = l->pair[a * n + b];
            if (l->pair[a * n + b].loss > 0.0) l->pair[b * n + a].at = 1.0 - l->pair[a * n + b].at;
        }
    }
    kith_free(point);
    return status;
}

/* Before anything that takes long. */
static kith_status check_choice(gallery *g, landscape *l, size_t plane[3])
{
    const landscape_options *o = g->options;
    size_t two = 2, three = 3;
    if (o->line) KITH_TRY(gallery_find(g, "--line", o->line, l->ends, &two));
    if (o->plane) KITH_TRY(gallery_find(g, "--plane", o->plane, plane, &three));
    if (o->polygon && g->count < 3)
        return kith_fail(g->ctx, KITH_EUSAGE, "--polygon: %zu models make no polygon; choose three or more", g->count);
    if (o->weights) KITH_TRY(parse_weights(g, g->weight));
    return KITH_OK;
}

static kith_status find_all(gallery *g, landscape *l)
{
    size_t plane[3] = {0};
    KITH_TRY(gallery_open(g));
    KITH_TRY(kith_exchange_agree(g->exchange, check_choice(g, l, plane), NULL));
    KITH_TRY(find_mergings(g, l));
    if (g->options->line) KITH_TRY(find_line(g, l));
    if (g->options->plane) KITH_TRY(surface_plane(g, plane, &l->plane));
    if (g->options->polygon) KITH_TRY(surface_polygon(g, &l->polygon));
    return g->options->matrix ? find_pairs(g, l) : KITH_OK;
}

static kith_status tell(gallery *g, landscape *l)
{
    if (!is_first(g)) return KITH_OK;
    if (!g->options->run.quiet) landscape_print(g, l);
    return landscape_write(g, l, g->options->run.quiet ? NULL : stdout);
}

static kith_status find_and_tell(gallery *g, landscape *l)
{
    kith_stop_by(signals_stop);
    kith_stop_patience(0.0);
    const kith_status status = find_all(g, l);
    kith_stop_by(NULL);
    if (status == KITH_ESTOPPED) {
        kith_ctx_forget(g->ctx);
        return kith_fail(g->ctx, KITH_ESTOPPED, "stopped; nothing was written");
    }
    KITH_TRY(status);
    return kith_exchange_agree(g->exchange, tell(g, l), NULL);
}

/* *speaker: whether this worker words the failure. */
static kith_status work(gallery *g, landscape *l, bool launched, bool *speaker)
{
    char fingerprint[WORKER_TEXT_SIZE];
    kith_status status = worker_join(g->ctx, g->options->run.domains, launched, fingerprint, &g->exchange);
    if (!g->exchange) {
        *speaker = kith_ctx_message(g->ctx)[0] != '\0';
        return status;
    }
    if (is_first(g)) launcher_tell_ready();
    if (status == KITH_OK) status = find_and_tell(g, l);
    *speaker = kith_exchange_speaker(g->exchange);
    return status;
}

static int be_worker(const run_options *options, bool launched)
{
    gallery g = {.ctx = kith_ctx_create(), .options = (const landscape_options *)(const void *)options};
    landscape l = {.mergings = 0};
    bool speaker = false;
    const kith_status status = work(&g, &l, launched, &speaker);
    int code = (int)status;
    if (status != KITH_OK && speaker) code = say_failure(g.ctx, status);
    kith_free(l.pair);
    kith_free(l.line);
    sheet_of_free(&l.plane);
    sheet_of_free(&l.polygon);
    gallery_close(&g);
    if (g.exchange) kith_exchange_close(g.exchange);
    kith_ctx_destroy(g.ctx);
    return code;
}

int command_landscape(int argc, char **argv)
{
    landscape_options options;
    signals_defer();
    const kith_status parsed = landscape_options_parse(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    const int code = worker_start(&options.run, be_worker);
    landscape_options_free(&options);
    return code;
}

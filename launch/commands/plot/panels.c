#include "launch/commands/plot/panels.h"

#include "launch/services/results/distinct.h"

#include <stdlib.h>
#include <string.h>

kith_spread_kind kith_plot_spread(const kith_plot_request *request)
{
    return request->spread == KITH_SPREAD_EXTREMES ? KITH_SPREAD_DEVIATION : request->spread;
}

/* ---- one panel ---- */

/* Curves of groups whose parameter has one value; keys that follow it tell nothing more. */
typedef struct part {
    kith_groups groups;
    kith_swept swept;
} part;

static void free_part(part *p)
{
    kith_free(p->groups.group);
    kith_free(p->swept.key);
}

static kith_status take_part(kith_ctx *ctx, const kith_plot_runs *runs, const kith_swept_key *key, const char *value,
                             part *out)
{
    KITH_TRY(KITH_ALLOC(ctx, "a figure", runs->groups->count, &out->groups.group));
    KITH_TRY(KITH_ALLOC(ctx, "a figure", runs->swept->count, &out->swept.key));
    for (size_t g = 0; g < runs->groups->count; g++) {
        const char *own = kith_result_parameter(runs->groups->group[g].run[0], key->section, key->key);
        if (own && strcmp(own, value) == 0) out->groups.group[out->groups.count++] = runs->groups->group[g];
    }
    for (size_t k = 0; k < runs->swept->count; k++) {
        bool follows;
        KITH_TRY(kith_swept_follows(ctx, runs->groups, runs->swept, k, key, &follows));
        if (!follows) out->swept.key[out->swept.count++] = runs->swept->key[k];
    }
    return KITH_OK;
}

static kith_status fill_panel(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                              const kith_groups *groups, const kith_swept *swept, kith_plot_panel *panel)
{
    const kith_chart_plan *plan = panel->plan;
    const kith_spread_kind spread = kith_plot_spread(request);
    if (choice->key) return kith_chart_by_key(ctx, groups, swept, choice->key, plan->metric, spread, &panel->chart);
    KITH_TRY(kith_chart_by_axis(ctx, groups, swept, plan->metric, plan->axis, spread, &panel->chart));
    return request->stretches ? kith_plot_stretches(ctx, groups, &panel->stretch, &panel->stretches) : KITH_OK;
}

static kith_status fill_part(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                             const kith_plot_runs *runs, const char *value, kith_plot_panel *panel)
{
    part p = {.groups = {.count = 0}};
    kith_status status = take_part(ctx, runs, choice->panels, value, &p);
    if (status == KITH_OK) status = fill_panel(ctx, request, choice, &p.groups, &p.swept, panel);
    free_part(&p);
    snprintf(panel->title, sizeof panel->title, "%s = %s", choice->panels->key, value);
    return status;
}

/* ---- all of them ---- */

static kith_status fill_values(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                               const kith_chart_plan *plan, size_t count, const kith_plot_runs *runs,
                               const char *const *value, size_t values, kith_plot_figure *out)
{
    KITH_TRY(KITH_ALLOC(ctx, "a figure", count * values, &out->panel));
    for (size_t i = 0; i < count; i++)
        for (size_t v = 0; v < values; v++) {
            kith_plot_panel *panel = &out->panel[out->count++];
            panel->plan = &plan[i];
            KITH_TRY(fill_part(ctx, request, choice, runs, value[v], panel));
        }
    return KITH_OK;
}

static kith_status fill_by_value(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                                 const kith_chart_plan *plan, size_t count, const kith_plot_runs *runs,
                                 kith_plot_figure *out)
{
    kith_distinct seen = {.count = 0};
    const char **value;
    size_t values = 0, lacking = 0;
    KITH_TRY(KITH_ALLOC(ctx, "a figure", runs->groups->count, &value));
    kith_status status = KITH_OK;
    for (size_t g = 0; g < runs->groups->count && status == KITH_OK; g++) {
        const char *own =
            kith_result_parameter(runs->groups->group[g].run[0], choice->panels->section, choice->panels->key);
        size_t number;
        bool is_new = false;
        if (own) status = kith_distinct_text_number(ctx, &seen, own, &number, &is_new);
        lacking += !own;
        if (is_new) value[values++] = own;
    }
    if (lacking)
        kith_note(ctx, "%zu of %zu configurations have no %s.%s, and are in no panel", lacking, runs->groups->count,
                  choice->panels->section, choice->panels->key);
    if (status == KITH_OK) status = fill_values(ctx, request, choice, plan, count, runs, value, values, out);
    kith_distinct_free(&seen);
    kith_free(value);
    return status;
}

static kith_status fill(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                        const kith_chart_plan *plan, size_t count, const kith_plot_runs *runs, kith_plot_figure *out)
{
    if (choice->panels) return fill_by_value(ctx, request, choice, plan, count, runs, out);
    KITH_TRY(KITH_ALLOC(ctx, "a figure", count, &out->panel));
    for (; out->count < count; out->count++) {
        out->panel[out->count].plan = &plan[out->count];
        const kith_status status = fill_panel(ctx, request, choice, runs->groups, runs->swept, &out->panel[out->count]);
        if (status != KITH_OK) {
            out->count++;
            return status;
        }
    }
    return KITH_OK;
}

/* ---- the same curves in the same order ---- */

static kith_status number_labels(kith_ctx *ctx, const kith_plot_figure *f, kith_distinct *labels, size_t *number)
{
    size_t n = 0;
    for (size_t p = 0; p < f->count; p++)
        for (size_t c = 0; c < f->panel[p].chart.curves; c++)
            KITH_TRY(kith_distinct_text_number(ctx, labels, f->panel[p].chart.label[c], &number[n++], NULL));
    return KITH_OK;
}

/* number[c]: the place of curve c among `all`. */
static kith_status spread_out(kith_ctx *ctx, kith_plot_panel *panel, const size_t *number, size_t all,
                              const char (*label)[KITH_LABEL_SIZE])
{
    kith_chart *own = &panel->chart, wide = {.curves = all};
    KITH_TRY(KITH_ALLOC(ctx, "a chart", all, &wide.curve));
    kith_status status = KITH_ALLOC(ctx, "a chart", all, &wide.label);
    if (status == KITH_OK && own->theory) status = KITH_ALLOC(ctx, "a chart", all, &wide.theory);
    if (status != KITH_OK) {
        kith_free(wide.curve);
        kith_free(wide.label);
        return status;
    }
    memcpy(wide.label, label, all * sizeof *wide.label);
    for (size_t c = 0; c < own->curves; c++) {
        wide.curve[number[c]] = own->curve[c];
        if (own->theory) wide.theory[number[c]] = own->theory[c];
    }
    for (size_t s = 0; s < panel->stretches; s++)
        if (panel->stretch[s].curve < own->curves) panel->stretch[s].curve = number[panel->stretch[s].curve];
    kith_free(own->curve);
    kith_free(own->theory);
    kith_free(own->label);
    own->curve = wide.curve;
    own->theory = wide.theory;
    own->label = wide.label;
    own->curves = all;
    return KITH_OK;
}

static kith_status spread_all(kith_ctx *ctx, kith_plot_figure *f, const size_t *number, size_t all)
{
    char(*label)[KITH_LABEL_SIZE];
    KITH_TRY(KITH_ALLOC(ctx, "labels", all, &label));
    for (size_t p = 0, n = 0; p < f->count; p++)
        for (size_t c = 0; c < f->panel[p].chart.curves; c++, n++)
            memcpy(label[number[n]], f->panel[p].chart.label[c], KITH_LABEL_SIZE);
    kith_status status = KITH_OK;
    for (size_t p = 0, n = 0; p < f->count && status == KITH_OK; p++) {
        const size_t own = f->panel[p].chart.curves;
        status = spread_out(ctx, &f->panel[p], number + n, all, (const char(*)[KITH_LABEL_SIZE])label);
        n += own;
    }
    kith_free(label);
    return status;
}

static kith_status align(kith_ctx *ctx, kith_plot_figure *f)
{
    kith_distinct labels = {.count = 0};
    size_t most = 0, *number;
    for (size_t p = 0; p < f->count; p++)
        most += f->panel[p].chart.curves;
    KITH_TRY(KITH_ALLOC(ctx, "labels", most, &number));
    kith_status status = number_labels(ctx, f, &labels, number);
    if (status == KITH_OK) status = spread_all(ctx, f, number, labels.count);
    kith_distinct_free(&labels);
    kith_free(number);
    return status;
}

kith_status kith_plot_figure_make(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                                  const kith_chart_plan *plan, size_t count, const kith_plot_runs *runs,
                                  kith_plot_figure *out)
{
    *out = (kith_plot_figure){.count = 0};
    kith_status status = fill(ctx, request, choice, plan, count, runs, out);
    if (status == KITH_OK && out->count > 1) status = align(ctx, out);
    for (size_t p = 0; p < out->count && status == KITH_OK; p++)
        status = kith_plot_arrange(ctx, request, &out->panel[p].chart);
    return status;
}

void kith_plot_figure_free(kith_plot_figure *figure)
{
    for (size_t p = 0; p < figure->count; p++) {
        kith_chart_free(&figure->panel[p].chart);
        kith_free(figure->panel[p].stretch);
    }
    kith_free(figure->panel);
    *figure = (kith_plot_figure){.count = 0};
}

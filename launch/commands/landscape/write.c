#include "launch/commands/landscape/landscape.h"

#include "launch/services/pictures/figure.h"
#include "launch/services/pictures/map.h"
#include "launch/services/pictures/sheets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHEETS = 16, CURVE_SHARE = 62, MAP_SHARE = 84 }; /* of the width, in hundredths */

/* What is written: the sheets, and what their names end with. */
typedef struct press {
    const gallery *gallery;
    kith_sheets all;
    int width;
    unsigned number;
} press;

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

static const char *aligned_word(const gallery *g)
{
    return g->options->align ? "yes" : "no";
}

static kith_status add_sheet(press *p, const char *name, const char *what, kith_sheet **out)
{
    kith_sheet *s = &p->all.sheet[p->all.count];
    if (asprintf(&s->name, "%s%s%s", name, what, p->gallery->options->align ? "-aligned" : "") < 0) {
        s->name = NULL;
        return fail_memory(p->gallery->ctx);
    }
    p->all.count++;
    *out = s;
    return KITH_OK;
}

/* ---- tables ---- */

typedef void (*table_writer)(const gallery *g, const void *found, FILE *out);

static kith_status add_table(press *p, const char *name, table_writer writer, const void *found)
{
    kith_sheet *s = NULL;
    size_t size = 0;
    KITH_TRY(add_sheet(p, name, "", &s));
    FILE *out = open_memstream(&s->data, &size);
    if (!out) return fail_memory(p->gallery->ctx);
    writer(p->gallery, found, out);
    return fclose(out) == 0 ? KITH_OK : fail_memory(p->gallery->ctx);
}

/* An accuracy that means nothing is an empty field. */
static void put_number(FILE *out, double value)
{
    if (isnan(value))
        putc(',', out);
    else
        fprintf(out, ",%.10g", value);
}

static void write_mergings(const gallery *g, const void *found, FILE *out)
{
    const landscape *l = found;
    fputs("weights,models,aligned,loss_of_mean,mean_of_losses,accuracy_of_mean,mean_of_accuracies,mergeable\n", out);
    for (size_t k = 0; k < l->mergings; k++) {
        const merging *m = &l->merging[k];
        fprintf(out, "%s,%zu,%s", m->weights, g->count, aligned_word(g));
        put_number(out, m->mean.loss);
        put_number(out, m->loss);
        put_number(out, m->mean.accuracy);
        put_number(out, m->accuracy);
        fprintf(out, ",%s\n", m->mean.loss <= m->loss ? "yes" : "no");
    }
}

static void write_line(const gallery *g, const void *found, FILE *out)
{
    const landscape *l = found;
    const size_t steps = g->options->steps;
    fputs("first,second,aligned,t,loss,accuracy\n", out);
    for (size_t k = 0; k < steps; k++) {
        fprintf(out, "%zu,%zu,%s,%.10g", g->number[l->ends[0]], g->number[l->ends[1]], aligned_word(g),
                (double)k / (double)(steps - 1));
        put_number(out, l->line[k].loss);
        put_number(out, l->line[k].accuracy);
        putc('\n', out);
    }
}

static void write_pairs(const gallery *g, const void *found, FILE *out)
{
    const barrier *pair = found;
    fputs("first,second,aligned,loss_barrier,at,accuracy_barrier\n", out);
    for (size_t a = 0; a < g->count; a++)
        for (size_t b = 0; b < g->count; b++) {
            const barrier *p = &pair[a * g->count + b];
            fprintf(out, "%zu,%zu,%s,%.10g,%.10g", g->number[a], g->number[b], aligned_word(g), p->loss, p->at);
            put_number(out, p->accuracy);
            putc('\n', out);
        }
}

static double place_at(const double range[2], size_t k, size_t side)
{
    return range[0] + (range[1] - range[0]) * (double)k / (double)(side - 1);
}

/* Models first, by their numbers; then the points of the grid, without. */
static void write_grid(const gallery *g, const void *found, FILE *out)
{
    const sheet_of *s = found;
    fputs("model,aligned,x,y,loss,accuracy\n", out);
    for (size_t k = 0; k < s->corners; k++) {
        fprintf(out, "%zu,%s,%.10g,%.10g", g->number[s->place[k]], aligned_word(g), s->corner[k][0], s->corner[k][1]);
        put_number(out, g->alone[s->place[k]].loss);
        put_number(out, g->alone[s->place[k]].accuracy);
        putc('\n', out);
    }
    for (size_t k = 0; k < s->side * s->side; k++) {
        if (isnan(s->point[k].loss)) continue;
        fprintf(out, ",%s,%.10g,%.10g", aligned_word(g), place_at(s->x, k % s->side, s->side),
                place_at(s->y, k / s->side, s->side));
        put_number(out, s->point[k].loss);
        put_number(out, s->point[k].accuracy);
        putc('\n', out);
    }
}

/* ---- pictures ---- */

static kith_status take(press *p, kith_sheet *s, char *svg, int height)
{
    const landscape_options *o = p->gallery->options;
    return kith_sheet_take(p->gallery->ctx, svg, o->width_mm, o->width_mm * height / p->width, o->format, s);
}

static kith_status draw_line(press *p, const char *name, const char *what, const kith_tested *point)
{
    const size_t steps = p->gallery->options->steps;
    const bool loss = strcmp(what, "-loss") == 0;
    kith_sheet *s = NULL;
    kith_curve curve = {.count = steps};
    char *svg = NULL;
    KITH_TRY(add_sheet(p, name, what, &s));
    KITH_TRY(KITH_ALLOC(p->gallery->ctx, "a curve", steps, &curve.point));
    kith_figure figure = {.x_label = "t from the first model to the second",
                          .y_label = loss ? "test loss" : "test accuracy",
                          .curve = &curve,
                          .curves = 1,
                          .x_scale = 1.0,
                          .y_least = INFINITY,
                          .y_most = -INFINITY,
                          .legend = &(kith_legend){.label = NULL},
                          .width = p->width,
                          .height = p->width * CURVE_SHARE / 100,
                          .number = p->number++};
    for (size_t k = 0; k < steps; k++) {
        const double y = loss ? point[k].loss : point[k].accuracy;
        curve.point[k] = (kith_curve_point){
            .x = (double)k / (double)(steps - 1), .mean = y, .low = y, .high = y, .deviation = NAN, .runs = 1};
        figure.y_least = fmin(figure.y_least, y);
        figure.y_most = fmax(figure.y_most, y);
    }
    kith_status status = kith_figure_draw(p->gallery->ctx, &figure, &svg);
    if (status == KITH_OK) status = take(p, s, svg, kith_figure_height(&figure));
    kith_free(curve.point);
    return status;
}

static kith_status draw_map(press *p, const char *name, const char *what, kith_map *map)
{
    kith_sheet *s = NULL;
    char *svg = NULL;
    map->width = p->width;
    map->height = p->width * MAP_SHARE / 100;
    map->number = p->number++;
    KITH_TRY(add_sheet(p, name, what, &s));
    KITH_TRY(kith_map_draw(p->gallery->ctx, map, &svg));
    return take(p, s, svg, map->height);
}

static kith_status draw_pairs(press *p, const char *what, const barrier *pair)
{
    const size_t n = p->gallery->count;
    const bool loss = strcmp(what, "-loss") == 0;
    double *value = NULL;
    KITH_TRY(KITH_ALLOC(p->gallery->ctx, "a map", n * n, &value));
    for (size_t k = 0; k < n * n; k++)
        value[k] = loss ? pair[k].loss : pair[k].accuracy;
    kith_map map = {.x_label = p->gallery->options->learners ? "model, by its place" : "model",
                    .y_label = "model",
                    .colours = loss ? "barrier of test loss" : "barrier of test accuracy",
                    .columns = n,
                    .rows = n,
                    .value = value,
                    .x = {0.0, (double)(n - 1)},
                    .y = {0.0, (double)(n - 1)},
                    .cells = true};
    const kith_status status = draw_map(p, "barriers", what, &map);
    kith_free(value);
    return status;
}

static kith_status draw_grid(press *p, const char *name, const char *what, bool bare, const sheet_of *s)
{
    const bool loss = strcmp(what, "-loss") == 0;
    const size_t cells = s->side * s->side;
    double *value = NULL;
    kith_map_point *point = NULL;
    kith_status status = KITH_ALLOC(p->gallery->ctx, "a map", cells, &value);
    if (status == KITH_OK) status = KITH_ALLOC(p->gallery->ctx, "a map", s->corners, &point);
    for (size_t k = 0; k < cells && status == KITH_OK; k++)
        value[k] = loss ? s->point[k].loss : s->point[k].accuracy;
    for (size_t k = 0; k < s->corners && status == KITH_OK; k++) {
        point[k] = (kith_map_point){.x = s->corner[k][0], .y = s->corner[k][1]};
        snprintf(point[k].text, sizeof point[k].text, "%zu", p->gallery->number[s->place[k]]);
    }
    kith_map map = {.x_label = bare ? "" : "distance from the first model",
                    .y_label = bare ? "" : "distance",
                    .colours = loss ? "test loss" : "test accuracy",
                    .columns = s->side,
                    .rows = s->side,
                    .value = value,
                    .x = {s->x[0], s->x[1]},
                    .y = {s->y[0], s->y[1]},
                    .bare = bare,
                    .reversed = loss,
                    .point = point,
                    .points = s->corners};
    if (status == KITH_OK) status = draw_map(p, name, what, &map);
    kith_free(value);
    kith_free(point);
    return status;
}

/* ---- all of it ---- */

static kith_status press_line(press *p, const landscape *l)
{
    const gallery *g = p->gallery;
    char name[64];
    snprintf(name, sizeof name, "line-%zu-%zu", g->number[l->ends[0]], g->number[l->ends[1]]);
    KITH_TRY(add_table(p, name, write_line, l));
    KITH_TRY(draw_line(p, name, "-loss", l->line));
    return g->about.classes ? draw_line(p, name, "-accuracy", l->line) : KITH_OK;
}

static kith_status press_pairs(press *p, const landscape *l)
{
    KITH_TRY(add_table(p, "barriers", write_pairs, l->pair));
    KITH_TRY(draw_pairs(p, "-loss", l->pair));
    return p->gallery->about.classes ? draw_pairs(p, "-accuracy", l->pair) : KITH_OK;
}

static kith_status press_grid(press *p, const char *name, bool bare, const sheet_of *s)
{
    KITH_TRY(add_table(p, name, write_grid, s));
    KITH_TRY(draw_grid(p, name, "-loss", bare, s));
    return p->gallery->about.classes ? draw_grid(p, name, "-accuracy", bare, s) : KITH_OK;
}

static kith_status press_all(press *p, const landscape *l)
{
    const gallery *g = p->gallery;
    char name[96];
    KITH_TRY(KITH_ALLOC(g->ctx, "figures", MOST_SHEETS, &p->all.sheet));
    KITH_TRY(add_table(p, "mergeability", write_mergings, l));
    if (l->pair) KITH_TRY(press_pairs(p, l));
    if (l->line) KITH_TRY(press_line(p, l));
    if (l->polygon.side) KITH_TRY(press_grid(p, "polygon", true, &l->polygon));
    if (!l->plane.side) return KITH_OK;
    const size_t *place = l->plane.place;
    snprintf(name, sizeof name, "plane-%zu-%zu-%zu", g->number[place[0]], g->number[place[1]], g->number[place[2]]);
    return press_grid(p, name, false, &l->plane);
}

kith_status landscape_write(const gallery *g, const landscape *l, FILE *list)
{
    press p = {.gallery = g, .width = (int)lround(g->options->width_mm / kith_figure_unit_mm)};
    char *folder = g->options->folder ? strdup(g->options->folder) : NULL;
    if (!folder && asprintf(&folder, "%s/figures", g->exhibit[0].folder) < 0) return fail_memory(g->ctx);
    kith_status status = press_all(&p, l);
    if (status == KITH_OK) status = kith_sheets_write(g->ctx, folder, &p.all, list);
    kith_sheets_free(&p.all);
    free(folder);
    return status;
}

/* ---- for people ---- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_barriers(const gallery *g, const landscape *l)
{
    const size_t n = g->count, pairs = n * (n - 1) / 2;
    double *loss = calloc(pairs, sizeof *loss), *accuracy = calloc(pairs, sizeof *accuracy);
    size_t k = 0;
    for (size_t a = 0; a < n && loss && accuracy; a++)
        for (size_t b = a + 1; b < n; b++, k++) {
            loss[k] = l->pair[a * n + b].loss;
            accuracy[k] = l->pair[a * n + b].accuracy;
        }
    if (k) {
        qsort(loss, pairs, sizeof *loss, ascending);
        printf("barriers of %zu pairs: loss %.4g in the median, %.4g at most", pairs, loss[pairs / 2], loss[pairs - 1]);
        if (g->about.classes) qsort(accuracy, pairs, sizeof *accuracy, ascending);
        if (g->about.classes) printf("; accuracy %.4f, %.4f", accuracy[pairs / 2], accuracy[pairs - 1]);
        putchar('\n');
    }
    free(loss);
    free(accuracy);
}

static void print_merging(const gallery *g, const merging *m)
{
    printf("%-9s %10.4f %10.4f", m->weights, m->loss, m->mean.loss);
    if (g->about.classes) printf(" %10.4f %10.4f", m->accuracy, m->mean.accuracy);
    printf("  %s\n", m->mean.loss <= m->loss ? "yes" : "no");
}

void landscape_print(const gallery *g, const landscape *l)
{
    const size_t tests =
        g->options->examples && g->options->examples < g->about.examples ? g->options->examples : g->about.examples;
    printf("%zu models%s, %zu test examples\n\n", g->count, g->options->align ? ", aligned" : "", tests);
    printf("%-9s %10s %10s", "weights", "loss", "of mean");
    if (g->about.classes) printf(" %10s %10s", "accuracy", "of mean");
    puts("  mergeable");
    for (size_t k = 0; k < l->mergings; k++)
        print_merging(g, &l->merging[k]);
    putchar('\n');
    if (l->pair) print_barriers(g, l);
    if (l->line) {
        const barrier b = barrier_of(l->line, g->options->steps);
        printf("barrier from %zu to %zu: loss %.4g at t = %.4g", g->number[l->ends[0]], g->number[l->ends[1]], b.loss,
               b.at);
        if (g->about.classes) printf("; accuracy %.4f", b.accuracy);
        putchar('\n');
    }
}

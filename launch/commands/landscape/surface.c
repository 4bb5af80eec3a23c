#include "launch/commands/landscape/landscape.h"

#include "base/stop.h"

#include <kith/nn.h>

#include <math.h>
#include <string.h>

static const double round_trip = 6.283185307179586;

/* Coordinates at a time: their sums in double stay in the nearest cache. */
enum { STRIP = 1024 };

/* Models of no weight are left out, so that one alone is that model to the last bit. */
static void mix(gallery *g, const double *weight)
{
    double sum[STRIP];
    for (size_t lo = 0; lo < g->about.dimension; lo += STRIP) {
        const size_t left = g->about.dimension - lo, n = left < STRIP ? left : STRIP;
        memset(sum, 0, n * sizeof *sum);
        for (size_t k = 0; k < g->count; k++) {
            const kith_real *x = gallery_model(g, k) + lo;
            for (size_t j = 0; weight[k] != 0.0 && j < n; j++)
                sum[j] += weight[k] * (double)x[j];
        }
        for (size_t j = 0; j < n; j++)
            g->x[lo + j] = (kith_real)sum[j];
    }
}

kith_status surface_score(gallery *g, const double *weight, kith_tested *out)
{
    KITH_TRY(kith_exchange_agree(g->exchange, kith_stop_check(g->ctx), NULL));
    mix(g, weight);
    return kith_testing_score(g->ctx, g->exhibit[0].run, g->x, out);
}

kith_status surface_line(gallery *g, size_t a, size_t b, kith_tested *point)
{
    const size_t steps = g->options->steps;
    point[0] = g->alone[a];
    point[steps - 1] = g->alone[b];
    for (size_t k = 1; k + 1 < steps; k++) {
        const double t = (double)k / (double)(steps - 1);
        memset(g->weight, 0, g->count * sizeof *g->weight);
        g->weight[a] = 1.0 - t;
        g->weight[b] = t;
        KITH_TRY(surface_score(g, g->weight, &point[k]));
    }
    return KITH_OK;
}

barrier barrier_of(const kith_tested *point, size_t steps)
{
    const kith_tested first = point[0], last = point[steps - 1];
    barrier b = {.accuracy = isnan(first.accuracy) ? NAN : 0.0};
    for (size_t k = 1; k + 1 < steps; k++) {
        const double t = (double)k / (double)(steps - 1);
        /* from one end, so that between equal ones rounding makes no barrier */
        const double rise = point[k].loss - (first.loss + t * (last.loss - first.loss));
        const double fall = first.accuracy + t * (last.accuracy - first.accuracy) - point[k].accuracy;
        if (rise > b.loss) {
            b.loss = rise;
            b.at = t;
        }
        if (fall > b.accuracy) b.accuracy = fall;
    }
    return b;
}

/* ---- grids ---- */

static kith_status make_room(gallery *g, size_t corners, sheet_of *s)
{
    *s = (sheet_of){.side = g->options->grid, .corners = corners};
    KITH_TRY(KITH_ALLOC(g->ctx, "a grid of models", s->side * s->side, &s->point));
    KITH_TRY(KITH_ALLOC(g->ctx, "a grid of models", corners, &s->place));
    return KITH_ALLOC(g->ctx, "a grid of models", corners, &s->corner);
}

void sheet_of_free(sheet_of *s)
{
    kith_free(s->point);
    kith_free(s->place);
    kith_free(s->corner);
    *s = (sheet_of){.side = 0};
}

typedef bool (*weigher)(const gallery *g, const sheet_of *s, double x, double y, double *weight);

/* [all] */
static kith_status score_grid(gallery *g, sheet_of *s, weigher weigh)
{
    const double steps = (double)(s->side - 1);
    for (size_t r = 0; r < s->side; r++)
        for (size_t c = 0; c < s->side; c++) {
            const double x = s->x[0] + (s->x[1] - s->x[0]) * (double)c / steps;
            const double y = s->y[0] + (s->y[1] - s->y[0]) * (double)r / steps;
            kith_tested *point = &s->point[r * s->side + c];
            *point = (kith_tested){.loss = NAN, .accuracy = NAN};
            memset(g->weight, 0, g->count * sizeof *g->weight);
            if (weigh(g, s, x, y, g->weight)) KITH_TRY(surface_score(g, g->weight, point));
        }
    return KITH_OK;
}

/* (X, Y) = (1 - beta - gamma) a + beta b + gamma c */
static bool weigh_plane(const gallery *g, const sheet_of *s, double x, double y, double *weight)
{
    const double gamma = y / s->corner[2][1], beta = (x - gamma * s->corner[2][0]) / s->corner[1][0];
    (void)g;
    weight[s->place[0]] = 1.0 - beta - gamma;
    weight[s->place[1]] = beta;
    weight[s->place[2]] = gamma;
    return true;
}

/* A fifth of the triangle's extent on each side of it. */
static void frame_corners(sheet_of *s)
{
    for (int axis = 0; axis < 2; axis++) {
        double *range = axis ? s->y : s->x;
        range[0] = range[1] = s->corner[0][axis];
        for (size_t k = 1; k < s->corners; k++) {
            range[0] = fmin(range[0], s->corner[k][axis]);
            range[1] = fmax(range[1], s->corner[k][axis]);
        }
        const double air = 0.2 * (range[1] - range[0]);
        range[0] -= air;
        range[1] += air;
    }
}

static kith_status place_plane(gallery *g, const size_t place[3], sheet_of *s)
{
    const kith_real *a = gallery_model(g, place[0]), *b = gallery_model(g, place[1]), *c = gallery_model(g, place[2]);
    double uu = 0.0, uv = 0.0, vv = 0.0;
    KITH_TRY(make_room(g, 3, s));
    for (size_t j = 0; j < g->about.dimension; j++) {
        const double u = (double)b[j] - (double)a[j], v = (double)c[j] - (double)a[j];
        uu += u * u;
        uv += u * v;
        vv += v * v;
    }
    for (size_t k = 0; k < 3; k++)
        s->place[k] = place[k];
    s->corner[1][0] = sqrt(uu);
    s->corner[2][0] = uu > 0.0 ? uv / sqrt(uu) : 0.0;
    s->corner[2][1] = sqrt(fmax(0.0, vv - s->corner[2][0] * s->corner[2][0]));
    frame_corners(s);
    if (uu > 0.0 && s->corner[2][1] > 1e-6 * sqrt(vv)) return KITH_OK;
    return kith_fail(
        g->ctx, KITH_ECONFIG,
        "--plane %s: the three models lie on one line, or are the same, and no plane is theirs alone; choose "
        "others",
        g->options->plane);
}

kith_status surface_plane(gallery *g, const size_t place[3], sheet_of *out)
{
    KITH_TRY(kith_exchange_agree(g->exchange, place_plane(g, place, out), NULL));
    return score_grid(g, out, weigh_plane);
}

static bool weigh_polygon(const gallery *g, const sheet_of *s, double x, double y, double *weight)
{
    return mean_value_coordinates(g->count, (const double(*)[2])s->corner, x, y, weight);
}

/* The first on top, the others clockwise. */
kith_status surface_polygon(gallery *g, sheet_of *out)
{
    kith_status status = make_room(g, g->count, out);
    for (size_t k = 0; k < g->count && status == KITH_OK; k++) {
        const double angle = round_trip * (double)k / (double)g->count;
        out->place[k] = k;
        out->corner[k][0] = sin(angle);
        out->corner[k][1] = cos(angle);
    }
    out->x[0] = out->y[0] = -1.0;
    out->x[1] = out->y[1] = 1.0;
    KITH_TRY(kith_exchange_agree(g->exchange, status, NULL));
    return score_grid(g, out, weigh_polygon);
}

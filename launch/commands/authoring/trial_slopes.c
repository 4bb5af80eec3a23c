/* A model's gradient against central differences: along directions d, L(x + h d) - L(x - h d) is h <g, 2 d> up to h^3,
 * sums and products in double whatever kith_real is. Rounding makes small steps as wrong as large ones, and a ReLU's
 * kink any single one, so a derivative is wrong where it fits for none of several steps.
 */
#include "launch/commands/authoring/trial_pupil.h"

#include <math.h>
#include <stdio.h>

/* In single precision smaller steps would drown in rounding; in double they pass by more kinks. */
enum { DIRECTIONS = 8, COORDINATES = 60, STEPS = sizeof(kith_real) == sizeof(float) ? 4 : 6 };

/* The tolerance of a derivative, relative to the largest. */
static const double slope_off = sizeof(kith_real) == sizeof(float) ? 2e-2 : 1e-4;
static const double steps[] = {1e-1, 3e-2, 1e-2, 1e-3, 1e-4, 1e-5};
static const double rounding = sizeof(kith_real) == sizeof(float) ? 1.2e-7 : 2.3e-16;

/* How far the loss goes along the direction, by two calls and by the gradient. */
typedef struct slope {
    double length, expected, found, noise;
} slope;

static kith_status loss_along(pupil *p, double h, double *loss)
{
    for (size_t i = 0; i < p->d; i++)
        p->moved[i] = (kith_real)((double)p->x[i] + h * (double)p->direction[i]);
    return pupil_gradient(p, p->moved, p->other, loss);
}

/* By what x moves once it is rounded, and not by h. */
static kith_status measure(pupil *p, double h, slope *out)
{
    slope s = {0.0, 0.0, 0.0, 0.0};
    double up, down;
    for (size_t i = 0; i < p->d; i++) {
        const double step = h * (double)p->direction[i], at = (double)p->x[i];
        const double way = (double)(kith_real)(at + step) - (double)(kith_real)(at - step);
        s.expected += (double)p->g[i] * way;
        s.length += way * way;
    }
    s.length = sqrt(s.length);
    KITH_TRY(loss_along(p, h, &up));
    KITH_TRY(loss_along(p, -h, &down));
    s.found = up - down;
    s.noise = 16 * rounding * (fabs(up) + fabs(down) + 1.0);
    *out = s;
    return KITH_OK;
}

/* Whether the derivative along the direction fits for one of the steps; *nearest is the one that comes nearest. scale:
 * how large such derivatives are. */
static kith_status fits(pupil *p, double scale, slope *nearest, bool *right)
{
    double best = INFINITY;
    *right = false;
    for (size_t k = 0; k < STEPS && !*right; k++) {
        slope s;
        KITH_TRY(measure(p, steps[k], &s));
        const double off = fabs(s.found - s.expected);
        *right = off <= slope_off * (fabs(s.expected) + scale * s.length) + s.noise;
        if (!(off / s.length >= best)) *nearest = s, best = off / s.length;
    }
    return KITH_OK;
}

static kith_status refuse_slope(const pupil *p, const char *where, const slope *s, const char *whose, double scale)
{
    return kith_fail(
        p->t->ctx, KITH_EPLUGIN,
        "on %s: the derivative %s is %.6g by gradient() and %.6g by central differences (allowed are %g %% of %s, "
        "%.3g); derive the loss again",
        p->shape, where, s->expected / s->length, s->found / s->length, 100 * slope_off, whose, scale);
}

static void draw_direction(pupil *p, size_t which)
{
    kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, 1, which);
    kith_draw_normals(&stream, 1.0, p->d, p->direction);
    kith_scale(p->d, (kith_real)(1.0 / sqrt(kith_dot(p->d, p->direction, p->direction))), p->direction);
}

/* The last ones, which biases are as a rule, and others all over the model. */
static size_t which_number(const pupil *p, size_t k)
{
    return p->d <= COORDINATES || k < COORDINATES / 4 ? p->d - 1 - k
                                                      : p->d * (k - COORDINATES / 4) / (COORDINATES - COORDINATES / 4);
}

kith_status pupil_try_slopes(pupil *p)
{
    slope s;
    char where[64];
    double largest = 0.0, loss;
    bool right;
    KITH_TRY(pupil_start(p));
    KITH_TRY(pupil_gradient(p, p->x, p->g, &loss));
    for (size_t i = 0; i < p->d; i++)
        largest = fmax(largest, fabs((double)p->g[i]));
    for (size_t k = 0; k < COORDINATES && k < p->d; k++) {
        const size_t i = which_number(p, k);
        kith_clear(p->d, p->direction);
        p->direction[i] = 1;
        snprintf(where, sizeof where, "by number %zu", i);
        KITH_TRY(fits(p, largest, &s, &right));
        if (!right) return refuse_slope(p, where, &s, "the largest", largest);
    }
    /* Of random directions, by which one wrong number among many shows. */
    const double usual = sqrt(kith_dot(p->d, p->g, p->g) / (double)p->d);
    for (size_t k = 0; k < DIRECTIONS; k++) {
        draw_direction(p, k);
        KITH_TRY(fits(p, usual, &s, &right));
        if (!right) return refuse_slope(p, "along a random direction", &s, "what is usual", usual);
    }
    return KITH_OK;
}

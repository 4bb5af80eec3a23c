#include "launch/commands/landscape/landscape.h"

#include <math.h>

/* Points nearer than this to a border are on it: corners are at distance 1 of the middle. */
static const double near = 1e-12;

static double cross(const double a[2], const double b[2])
{
    return a[0] * b[1] - a[1] * b[0];
}

/* tan of half the angle from a to b, seen from the origin: sin / (1 + cos). */
static double half_tangent(const double a[2], const double b[2])
{
    const double size = hypot(a[0], a[1]) * hypot(b[0], b[1]), cosine = (a[0] * b[0] + a[1] * b[1]) / size;
    return cross(a, b) / size / (1.0 + cosine);
}

/* Whether the point lies on the border from a to b, both seen from it; *share: b's. */
static bool on_border(const double a[2], const double b[2], double *share)
{
    const double length = hypot(b[0] - a[0], b[1] - a[1]);
    if (fabs(cross(a, b)) > near * length) return false;
    *share = fmin(1.0, hypot(a[0], a[1]) / length);
    return true;
}

static void towards(const double corner[2], double x, double y, double out[2])
{
    out[0] = corner[0] - x;
    out[1] = corner[1] - y;
}

bool mean_value_coordinates(size_t n, const double (*corner)[2], double x, double y, double *weight)
{
    double sum = 0.0, turn = 0.0, a[2], b[2], c[2];
    for (size_t k = 0; k < n; k++)
        weight[k] = 0.0;
    for (size_t k = 0; k < n; k++)
        turn += cross(corner[k], corner[(k + 1) % n]);
    const double sign = turn < 0.0 ? -1.0 : 1.0;
    for (size_t k = 0; k < n; k++) {
        towards(corner[k], x, y, a);
        towards(corner[(k + 1) % n], x, y, b);
        if (sign * cross(a, b) < -near * hypot(b[0] - a[0], b[1] - a[1])) return false;
    }
    for (size_t k = 0; k < n; k++) {
        double share = 0.0;
        towards(corner[k], x, y, a);
        towards(corner[(k + 1) % n], x, y, b);
        if (!on_border(a, b, &share)) continue;
        weight[k] = 1.0 - share;
        weight[(k + 1) % n] = share;
        return true;
    }
    for (size_t k = 0; k < n; k++) {
        towards(corner[(k + n - 1) % n], x, y, a);
        towards(corner[k], x, y, b);
        towards(corner[(k + 1) % n], x, y, c);
        weight[k] = (half_tangent(a, b) + half_tangent(b, c)) * sign / hypot(b[0], b[1]);
        sum += weight[k];
    }
    for (size_t k = 0; k < n; k++)
        weight[k] /= sum;
    return true;
}

#include "launch/services/pictures/axes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers that are far from 1 have a power of ten, "2e-5". */
static const double small = 0.99e-3, large = 0.99e6;

static void add(kith_ticks *t, double value, int length)
{
    t->value[t->count++] = value;
    if (length > (int)t->letters) t->letters = (size_t)length;
}

/* All with the decimals that the step needs, and with the same power. */
static void add_even(kith_ticks *t, double value, double step, double level)
{
    const size_t size = sizeof t->text[0];
    const double last = floor(log10(step) + 1e-9);
    const double power = level >= large || level < small ? floor(log10(level) + 1e-9) : 0;
    const int decimals = (int)fmin(15, fmax(0, power - last));
    if (t->count == KITH_MOST_TICKS) return;
    char *text = t->text[t->count];
    if (value == 0)
        add(t, value, snprintf(text, size, "0"));
    else if (power == 0)
        add(t, value, snprintf(text, size, "%.*f", decimals, value));
    else
        add(t, value, snprintf(text, size, "%.*fe%.0f", decimals, value / pow(10.0, power), power));
}

void kith_ticks_even(double low, double high, int most, bool whole, kith_ticks *out)
{
    const double wanted = (high - low) / fmax(3, most), least = whole ? fmax(wanted, 1) : wanted;
    const double power = pow(10.0, floor(log10(least))), factor = least / power;
    const double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    const double first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9);
    *out = (kith_ticks){.count = 0};
    for (double i = first; i <= last; i++)
        add_even(out, i == 0 ? 0 : i * step, step, fmax(fabs(low), fabs(high)));
}

static void add_log(kith_ticks *t, int step, double power)
{
    const double value = step * pow(10.0, power);
    const size_t size = sizeof t->text[0];
    if (t->count == KITH_MOST_TICKS) return;
    char *text = t->text[t->count];
    if (value < small || value >= large)
        add(t, value, snprintf(text, size, "%de%.0f", step, power));
    else
        add(t, value, snprintf(text, size, "%.6g", value));
}

void kith_ticks_log(double low, double high, int most, kith_ticks *out)
{
    const double first = floor(log10(low)), decades = log10(high / low), stride = ceil(decades / fmax(2, most));
    *out = (kith_ticks){.count = 0};
    if (!(low > 0) || !(high < INFINITY)) return;
    for (double d = first; pow(10.0, d) <= high; d += decades > 4 ? stride : 1)
        for (int step = 1; step <= 5; step = step == 1 ? 2 : step + 3) {
            const double value = step * pow(10.0, d);
            if (value < low || value > high || (step > 1 && 3 * decades > 2 * most)) continue;
            add_log(out, step, d);
        }
}

double kith_figure_y_scale(const kith_figure *f)
{
    return f->y_scale > 0 ? f->y_scale : 1.0;
}

bool kith_figure_reaches_zero(const kith_figure *figure)
{
    for (size_t c = 0; c < figure->curves && figure->log_y; c++)
        for (size_t i = 0; i < figure->curve[c].count; i++)
            if (figure->curve[c].point[i].mean <= 0) return true;
    return false;
}

double kith_figure_bottom(const kith_figure *f)
{
    return f->y_least / 1.15;
}

kith_range kith_figure_y_range(const kith_figure *f)
{
    const double spread = f->y_most - f->y_least, level = fmax(fabs(f->y_most), fabs(f->y_least));
    const double scale = kith_figure_y_scale(f);
    if (f->y_limits) return *f->y_limits;
    if (f->log_y) return (kith_range){kith_figure_bottom(f) * scale, f->y_most * 1.15 * scale};
    /* numbers that differ in their last digits only are level */
    const double air = spread > 1e-7 * level ? 0.04 * spread : fmax(0.05 * level, 1e-12);
    const double low = f->y_least >= 0 && f->y_least < air ? 0 : f->y_least - air;
    return (kith_range){low * scale, (f->y_most + air) * scale};
}

kith_range kith_figure_x_range(const kith_figure *f)
{
    double least = INFINITY, most = -INFINITY;
    if (f->x_limits) return *f->x_limits;
    for (size_t c = 0; c < f->curves; c++)
        for (size_t i = 0; i < f->curve[c].count; i++) {
            if (f->log_x && !(f->curve[c].point[i].x > 0)) continue;
            least = fmin(least, f->curve[c].point[i].x * f->x_scale);
            most = fmax(most, f->curve[c].point[i].x * f->x_scale);
        }
    if (f->steps) return (kith_range){least - 0.5, most + 0.5};
    if (!f->bars) return (kith_range){least, most};
    /* A point at the very edge would lie on the axis, and half of its bar outside. */
    const double air = most > least ? 0.03 * (most - least) : fmax(0.1 * fabs(most), 0.1);
    const double factor = f->log_x ? pow(most / least, 0.03) : 1;
    return f->log_x ? (kith_range){least / factor, most * factor} : (kith_range){least - air, most + air};
}

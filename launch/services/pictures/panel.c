#include "launch/services/pictures/panel.h"

#include "launch/services/pictures/axes.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <string.h>

/* In the units of the viewBox, where text is 13 high; curves are drawn in tenths of them. */
enum { TOP = 10, RIGHT = 16, BOTTOM = 44, TICK_ROOM = 60, TICK_APART = 30, FINE = 10 };
static const double letter = 7.4;

typedef struct panel {
    FILE *out;
    const kith_figure *f;
    double left, right, top, bottom;
    kith_range x, y;
    const kith_curve *before; /* whose x were written last */
} panel;

/* Where a number lies between two places. */
static double place(double value, kith_range range, bool log, double from, double to)
{
    const double low = log ? log10(range.low) : range.low, high = log ? log10(range.high) : range.high;
    const double at = log ? log10(value) : value;
    return high > low ? from + (to - from) * (at - low) / (high - low) : (from + to) / 2;
}

static double across(const panel *p, double x)
{
    return place(x, p->x, p->f->log_x, p->left, p->right);
}

static double up(const panel *p, double y)
{
    const double at = p->f->log_y && !(y > p->y.low) ? p->bottom : place(y, p->y, p->f->log_y, p->bottom, p->top);
    return fmin(fmax(at, p->top), p->bottom);
}

/* ---- axes ---- */

static void write_x_ticks(const panel *p, const kith_ticks *t)
{
    for (size_t i = 0; i < t->count; i++)
        fprintf(p->out, "<text class=\"m\" x=\"%.1f\" y=\"%.1f\">%s</text>", across(p, t->value[i]), p->bottom + 17,
                t->text[i]);
}

static void write_grid(const panel *p, const kith_ticks *x, const kith_ticks *y)
{
    fputs("<path class=\"grid\" d=\"", p->out);
    for (size_t i = 0; i < x->count; i++)
        fprintf(p->out, "M%.1f %.1fV%.1f", across(p, x->value[i]), p->top, p->bottom);
    for (size_t i = 0; i < y->count; i++)
        fprintf(p->out, "M%.1f %.1fH%.1f", p->left, up(p, y->value[i]), p->right);
    fprintf(p->out, "\"/><path class=\"frame\" d=\"M%.1f %.1fV%.1fH%.1f\"/>", p->left, p->top, p->bottom, p->right);
}

/* A label that is too long for its axis is drawn narrower. */
static void write_label(const panel *p, const char *place_of_it, const char *text, double room)
{
    fprintf(p->out, "<text class=\"m\" %s", place_of_it);
    if (letter * (double)strlen(text) > room)
        fprintf(p->out, " textLength=\"%.0f\" lengthAdjust=\"spacingAndGlyphs\"", room);
    putc('>', p->out);
    kith_html_text(p->out, text);
    fputs("</text>", p->out);
}

static void write_axes(const panel *p, const kith_ticks *x, const kith_ticks *y)
{
    char where[96];
    write_grid(p, x, y);
    write_x_ticks(p, x);
    for (size_t i = 0; i < y->count; i++)
        fprintf(p->out, "<text class=\"e\" x=\"%.1f\" y=\"%.1f\">%s</text>", p->left - 7, up(p, y->value[i]) + 4.5,
                y->text[i]);
    snprintf(where, sizeof where, "x=\"%.1f\" y=\"%.1f\"", (p->left + p->right) / 2, p->bottom + 37);
    write_label(p, where, p->f->x_label, p->right - p->left);
    snprintf(where, sizeof where, "transform=\"translate(13 %.1f) rotate(-90)\"", (p->top + p->bottom) / 2);
    write_label(p, where, p->f->y_label, p->bottom - p->top);
}

/* The values that were looked at, those that are far enough apart for their texts. */
static void ticks_at_values(const panel *p, kith_ticks *t)
{
    const kith_curve *longest = &p->f->curve[0];
    double free_from = -1;
    *t = (kith_ticks){.count = 0};
    for (size_t c = 1; c < p->f->curves; c++)
        if (p->f->curve[c].count > longest->count) longest = &p->f->curve[c];
    for (size_t i = 0; i < longest->count && t->count < KITH_MOST_TICKS; i++) {
        const double value = longest->point[i].x * p->f->x_scale;
        const int length = snprintf(t->text[t->count], sizeof t->text[0], "%.6g", value);
        const double half = (length + 1) * letter / 2, at = across(p, value);
        if (at - half < free_from) continue;
        free_from = at + half;
        t->value[t->count++] = value;
    }
}

static void find_x_ticks(const panel *p, kith_ticks *t)
{
    const int most = (int)((p->right - p->left) / TICK_ROOM);
    if (p->f->log_x && p->f->bars)
        ticks_at_values(p, t);
    else if (p->f->log_x)
        kith_ticks_log(p->x.low, p->x.high, most * 2 / 3, t);
    else
        kith_ticks_even(p->x.low, p->x.high, most, p->f->whole_x || p->f->steps, t);
}

static void find_y_ticks(const panel *p, kith_ticks *t)
{
    const int most = (int)((p->bottom - p->top) / TICK_APART);
    if (p->f->log_y)
        kith_ticks_log(p->y.low, p->y.high, most, t);
    else
        kith_ticks_even(p->y.low, p->y.high, most, false, t);
}

/* ---- curves ---- */

typedef struct picked {
    size_t index[KITH_PANEL_POINTS + 2], count;
} picked;

/* All points; or the least and the greatest of each stretch, in order, and the ends. */
static void pick(const kith_curve *c, picked *out)
{
    out->count = 0;
    if (c->count <= KITH_PANEL_POINTS) {
        for (; out->count < c->count; out->count++)
            out->index[out->count] = out->count;
        return;
    }
    const size_t stretches = KITH_PANEL_POINTS / 2;
    for (size_t s = 0; s < stretches; s++) {
        const size_t from = s * c->count / stretches, to = (s + 1) * c->count / stretches;
        size_t least = from, most = from;
        for (size_t i = from; i < to; i++) {
            if (c->point[i].mean < c->point[least].mean) least = i;
            if (c->point[i].mean > c->point[most].mean) most = i;
        }
        out->index[out->count++] = least < most ? least : most;
        if (least != most) out->index[out->count++] = least < most ? most : least;
    }
    if (out->index[0] != 0) out->index[0] = 0;
    if (out->index[out->count - 1] != c->count - 1) out->index[out->count++] = c->count - 1;
}

typedef enum part { MEAN, LOW, HIGH } part;

static double number_of(const panel *p, const kith_curve_point *at, part which)
{
    return (which == LOW ? at->low : which == HIGH ? at->high : at->mean) * kith_figure_y_scale(p->f);
}

static long fine(double at)
{
    return lround(at * FINE);
}

/* Points in the order of `picked`, or from the last to the first. */
static void write_points(const panel *p, const kith_curve *c, const picked *k, part which, bool back, const char *begin)
{
    long x = 0, y = 0;
    for (size_t i = 0; i < k->count; i++) {
        const kith_curve_point *at = &c->point[k->index[back ? k->count - 1 - i : i]];
        const long own_x = fine(across(p, at->x * p->f->x_scale)), own_y = fine(up(p, number_of(p, at, which)));
        if (i == 0)
            fprintf(p->out, "%s%ld %ld", begin, own_x, own_y);
        else
            fprintf(p->out, "%s%ld %ld", i == 1 ? "l" : own_x < x ? "" : " ", own_x - x, own_y - y);
        x = own_x;
        y = own_y;
    }
}

static bool has_spread(const kith_curve *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->point[i].high > c->point[i].low) return true;
    return false;
}

static void write_band(const panel *p, const kith_curve *c, const picked *k)
{
    fputs("<path class=\"band\" d=\"", p->out);
    write_points(p, c, k, HIGH, false, "M");
    write_points(p, c, k, LOW, true, "L");
    fputs("z\"/>", p->out);
}

static void write_bars(const panel *p, const kith_curve *c)
{
    fputs("<path class=\"bar\" d=\"", p->out);
    for (size_t i = 0; i < c->count; i++) {
        const long x = fine(across(p, c->point[i].x * p->f->x_scale));
        const long low = fine(up(p, number_of(p, &c->point[i], LOW))),
                   high = fine(up(p, number_of(p, &c->point[i], HIGH)));
        if (low != high) fprintf(p->out, "M%ld %ldV%ldm-30 0h60M%ld %ldh60", x, low, high, x - 30, low);
    }
    fputs("\"/>", p->out);
}

static void write_dots(const panel *p, const kith_curve *c)
{
    for (size_t i = 0; i < c->count; i++)
        fprintf(p->out, "<circle r=\"34\" cx=\"%ld\" cy=\"%ld\"/>", fine(across(p, c->point[i].x * p->f->x_scale)),
                fine(up(p, number_of(p, &c->point[i], MEAN))));
}

static void write_steps(const panel *p, const kith_curve *c)
{
    fprintf(p->out, "<path class=\"line\" d=\"M%ld %ld", fine(p->left), fine(p->bottom));
    for (size_t i = 0; i < c->count; i++)
        fprintf(p->out, "V%ldH%ld", fine(up(p, number_of(p, &c->point[i], MEAN))),
                fine(across(p, (c->point[i].x + 0.5) * p->f->x_scale)));
    fprintf(p->out, "V%ld\"/>", fine(p->bottom));
}

static bool same_places(const kith_curve *a, const kith_curve *b)
{
    if (!a || a->count != b->count || a->count > KITH_PANEL_POINTS) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->point[i].x != b->point[i].x) return false;
    return true;
}

/* What the script tells of points. */
static void write_numbers(panel *p, const kith_curve *c, const picked *k)
{
    const double scale = kith_figure_y_scale(p->f);
    if (!same_places(p->before, c)) {
        for (size_t i = 0; i < k->count; i++)
            fprintf(p->out, "%s%.6g", i ? " " : " data-u=\"", c->point[k->index[i]].x * p->f->x_scale);
        putc('"', p->out);
    }
    p->before = c;
    for (size_t i = 0; i < k->count; i++)
        fprintf(p->out, "%s%.4g", i ? " " : " data-v=\"", c->point[k->index[i]].mean * scale + 0.0);
    putc('"', p->out);
    if (!has_spread(c)) return;
    for (size_t i = 0; i < k->count; i++) {
        const double deviation = c->point[k->index[i]].deviation;
        fprintf(p->out, "%s%.3g", i ? " " : " data-w=\"", isnan(deviation) ? 0.0 : deviation * scale);
    }
    putc('"', p->out);
}

/* Thin, and in the curve's colour. */
static void write_theory(const panel *p, size_t g)
{
    picked k;
    if (!p->f->theory || p->f->category || p->f->theory[g].count < 2) return;
    pick(&p->f->theory[g], &k);
    fputs("<path class=\"theory\" d=\"", p->out);
    write_points(p, &p->f->theory[g], &k, MEAN, false, "M");
    fputs("\"/>", p->out);
}

static void write_curve(panel *p, size_t g)
{
    const kith_curve *c = &p->f->curve[g];
    picked k;
    if (c->count == 0) return;
    pick(c, &k);
    fprintf(p->out, "\n<g class=\"s%zu d%zu\" data-c=\"%zu\"", g % KITH_PANEL_COLOURS, g % KITH_PANEL_DASHES, g);
    write_numbers(p, c, &k);
    putc('>', p->out);
    if (p->f->steps) {
        write_steps(p, c);
    } else {
        if (p->f->bars) write_bars(p, c);
        if (!p->f->bars && p->f->curves <= KITH_PANEL_BANDS && c->count > 1 && has_spread(c)) write_band(p, c, &k);
        if (c->count > 1) {
            fputs("<path class=\"line\" d=\"", p->out);
            write_points(p, c, &k, MEAN, false, "M");
            fputs("\"/>", p->out);
        }
        if (p->f->bars || c->count == 1) write_dots(p, c);
    }
    write_theory(p, g);
    fputs("</g>", p->out);
}

/* Lines with gaps lie above those with fewer. */
static void write_curves(panel *p)
{
    fputs("<g class=\"plot\" transform=\"scale(.1)\">", p->out);
    for (size_t layer = 0; layer < KITH_PANEL_DASHES; layer++)
        for (size_t g = layer; g < p->f->curves; g += KITH_PANEL_DASHES)
            write_curve(p, g);
    fputs("</g>", p->out);
}

static void write_axis_data(const panel *p, const char *name, double from, double to, kith_range range, bool log)
{
    fprintf(p->out, " %s=\"%.1f %.1f %.9g %.9g %d\"", name, from, to, range.low, range.high, log);
}

void kith_panel_write(FILE *out, const kith_figure *figure, const char *title, const char *classes)
{
    kith_ticks x, y;
    panel p = {.out = out, .f = figure, .right = figure->width - RIGHT, .top = TOP, .bottom = figure->height - BOTTOM};
    p.x = kith_figure_x_range(figure);
    p.y = kith_figure_y_range(figure);
    find_y_ticks(&p, &y);
    p.left = 30 + letter * (double)(y.letters > 4 ? y.letters : 4);
    find_x_ticks(&p, &x);
    fprintf(out, "<svg class=\"chart%s%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", *classes ? " " : "",
            classes, figure->width, figure->height);
    kith_html_text(out, title);
    putc('"', out);
    write_axis_data(&p, "data-x", p.left, p.right, p.x, figure->log_x);
    write_axis_data(&p, "data-y", p.bottom, p.top, p.y, figure->log_y);
    fputs(" data-n=\"", out);
    kith_html_text(out, figure->x_label);
    fputs("\">", out);
    write_axes(&p, &x, &y);
    write_curves(&p);
    fputs("</svg>\n", out);
}

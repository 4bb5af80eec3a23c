#include "launch/commands/report/heat.h"

#include "launch/services/text/html.h"

#include <math.h>
#include <string.h>

enum { LEAST_CELL = 12, MOST_CELL = 34, TEXT = 7, TOP = 6, MOST_LABEL = 26 };
static const double over = 0.5;

/* ColorBrewer's ends of blues and of an orange-blue scale: the middle is nearly white, and all tell greys apart. */
static const double pale[3] = {237, 243, 249}, deep[3] = {8, 64, 129}, level[3] = {245, 245, 243},
                    below[3] = {179, 88, 6};

typedef struct sheet {
    FILE *out;
    const kith_heat *h;
    double low, high, left, cell_width, cell_height;
    int digits; /* of the numbers in cells; 0: some would not fit, so there are none */
} sheet;

/* What is left of sums that cancel is nothing. */
static double value(const sheet *s, size_t r, size_t c)
{
    const double v = s->h->value[r * s->h->columns + c], most = fmax(fabs(s->low), fabs(s->high));
    return fabs(v) < 1e-12 * most && !s->h->log ? 0.0 : v;
}

static bool all_fit(const sheet *s, int digits)
{
    char text[32];
    for (size_t r = 0; r < s->h->rows; r++)
        for (size_t c = 0; c < s->h->columns; c++) {
            const double v = value(s, r, c);
            if (!isnan(v) && snprintf(text, sizeof text, "%.*g", digits, v) * TEXT > s->cell_width) return false;
        }
    return s->cell_height >= 16;
}

static void find_range(sheet *s)
{
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t i = 0; i < s->h->rows * s->h->columns; i++) {
        if (isnan(s->h->value[i])) continue;
        s->low = fmin(s->low, s->h->value[i]);
        s->high = fmax(s->high, s->h->value[i]);
    }
}

/* 0 to 1; -1 to 1 where colours go both ways. */
static double strength(const sheet *s, double v)
{
    if (s->h->both_ways) {
        const double most = fmax(fabs(s->low), fabs(s->high));
        return most > 0 ? v / most : 0;
    }
    if (!(s->high > s->low)) return 0.3;
    if (s->h->log && s->low > 0) return log(v / s->low) / log(s->high / s->low);
    return (v - s->low) / (s->high - s->low);
}

/* Whether the cell is dark, and text in it white. */
static bool write_colour(const sheet *s, double v)
{
    const double t = strength(s, v), *from = s->h->both_ways ? level : pale, *to = t < 0 ? below : deep;
    double part[3];
    for (int k = 0; k < 3; k++)
        part[k] = from[k] + (to[k] - from[k]) * fabs(t);
    fprintf(s->out, "#%02x%02x%02x", (unsigned)lround(part[0]), (unsigned)lround(part[1]), (unsigned)lround(part[2]));
    return 0.3 * part[0] + 0.59 * part[1] + 0.11 * part[2] < 140;
}

static void write_cell(const sheet *s, size_t r, size_t c)
{
    char format[8];
    const kith_heat *h = s->h;
    const double v = value(s, r, c), x = s->left + (double)c * s->cell_width, y = TOP + (double)r * s->cell_height;
    if (isnan(v)) return;
    /* the next one covers what is over, where rounding would leave a seam */
    const double more_width = c + 1 < h->columns ? over : 0, more_height = r + 1 < h->rows ? over : 0;
    fprintf(s->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" data-t=\"", x, y,
            s->cell_width + more_width, s->cell_height + more_height);
    kith_html_text(s->out, h->row[r]);
    fputs(" / ", s->out);
    kith_html_text(s->out, h->column[c]);
    fputs(": ", s->out);
    kith_html_number(s->out, "%.5g", v);
    if (h->tell) h->tell(s->out, h->arg, r, c);
    fputs("\" fill=\"", s->out);
    const bool dark = write_colour(s, v);
    fputs("\"/>", s->out);
    if (s->digits == 0) return;
    snprintf(format, sizeof format, "%%.%dg", s->digits);
    fprintf(s->out, "<text class=\"m v%s\" x=\"%.1f\" y=\"%.1f\">", dark ? " w" : "", x + s->cell_width / 2,
            y + s->cell_height / 2 + 4.5);
    kith_html_number(s->out, format, v);
    fputs("</text>", s->out);
}

/* Letters of the longest, as far as they are written. */
static size_t longest(const char *const *name, size_t count)
{
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(name[i]) > most) most = strlen(name[i]);
    return most < MOST_LABEL ? most : MOST_LABEL;
}

/* A name that is too long for its place loses its end, and is told as a whole with each number. */
static void write_name(FILE *out, const char *name)
{
    char cut[MOST_LABEL + 1];
    size_t length = strlen(name);
    if (length > MOST_LABEL) length = MOST_LABEL - 1;
    while (length && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    snprintf(cut, sizeof cut, "%.*s", (int)length, name);
    kith_html_text(out, cut);
    if (name[length]) fputs("…", out);
}

/* Every so many-th, so that texts are apart. */
static void write_names(const sheet *s)
{
    const kith_heat *h = s->h;
    const size_t by_row = (size_t)ceil(14 / s->cell_height), letters = longest(h->column, h->columns) + 2;
    const size_t by_column = (size_t)ceil((double)(letters * (TEXT + 1)) / s->cell_width);
    const double bottom = TOP + (double)h->rows * s->cell_height;
    for (size_t r = 0; r < h->rows; r += by_row) {
        fprintf(s->out, "<text class=\"e\" x=\"%.1f\" y=\"%.1f\">", s->left - 6,
                TOP + ((double)r + 0.5) * s->cell_height + 4.5);
        write_name(s->out, h->row[r]);
        fputs("</text>", s->out);
    }
    for (size_t c = 0; c < h->columns; c += by_column) {
        fprintf(s->out, "<text class=\"m\" x=\"%.1f\" y=\"%.1f\">", s->left + ((double)c + 0.5) * s->cell_width,
                bottom + 16);
        write_name(s->out, h->column[c]);
        fputs("</text>", s->out);
    }
    fprintf(s->out, "<text class=\"m\" x=\"%.1f\" y=\"%.1f\">", s->left + (double)h->columns * s->cell_width / 2,
            bottom + 35);
    kith_html_text(s->out, h->column_title);
    fprintf(s->out, "</text><text class=\"m\" transform=\"translate(13 %.1f) rotate(-90)\">", (TOP + bottom) / 2);
    kith_html_text(s->out, h->row_title);
    fputs("</text>", s->out);
}

void kith_heat_write(FILE *out, const kith_heat *heat, const char *title)
{
    sheet s = {.out = out, .h = heat};
    const size_t letters = longest(heat->row, heat->rows);
    find_range(&s);
    s.left = 30 + 7.2 * (double)letters;
    s.cell_width = (heat->width - 8 - s.left) / (double)heat->columns;
    /* of few columns, cells are no wider than what is easily read */
    s.cell_width = fmin(s.cell_width, 90);
    s.cell_height = fmin(fmax(s.cell_width * 0.7, LEAST_CELL), MOST_CELL);
    s.digits = all_fit(&s, 3) ? 3 : all_fit(&s, 2) ? 2 : 0;
    const double needed = (double)(strlen(heat->row_title) + 2) * TEXT / (double)heat->rows;
    s.cell_height = fmin(fmax(s.cell_height, needed), fmax(MOST_CELL, needed));
    fprintf(out, "<svg class=\"heat\" viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", heat->width,
            TOP + (double)heat->rows * s.cell_height + 44);
    kith_html_text(out, title);
    fputs("\">", out);
    for (size_t r = 0; r < heat->rows; r++)
        for (size_t c = 0; c < heat->columns; c++)
            write_cell(&s, r, c);
    write_names(&s);
    fputs("</svg>\n<p class=\"soft same\">", out);
    fputs(heat->both_ways ? "Blue: above 0; brown: below. From " : "The darker, the more: from ", out);
    kith_html_number(out, "%.4g", fabs(s.low) < 1e-12 * fabs(s.high) && !heat->log ? 0.0 : s.low);
    fputs(" to ", out);
    kith_html_number(out, "%.4g", s.high);
    fputs(".</p>\n", out);
}

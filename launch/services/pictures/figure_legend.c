/* gnuplot's own legends neither know how wide a line of text is nor wrap, so this one lays out its entries itself. */
#include "launch/services/pictures/figure_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In units of which the text of axes is 13 high. */
enum { LEFT = 10, SAMPLE = 30, GAP = 6, APART = 14, ROW = 17, AIR = 6, TITLE = 14 };

static const double text_height = 12.0, least_height = 7.0;

typedef struct layout {
    size_t entries, columns, rows;
    double height, column; /* of a text; of a column's width */
} layout;

/* Characters, not bytes. */
static size_t letters_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* After the curves. */
enum { SPREAD, THEORY, STRETCHES, EXTRAS };

/* Of entry i; NULL: it has none, for nothing of it is drawn. */
static const char *entry(const kith_figure *f, size_t i)
{
    if (i == f->curves + SPREAD) return f->legend->spread;
    if (i == f->curves + THEORY) return f->legend->theory;
    if (i == f->curves + STRETCHES) return f->legend->stretches;
    return f->legend->label && f->curve[i].count ? f->legend->label[i] : NULL;
}

static layout lay_out(const kith_figure *f)
{
    layout l = {.height = text_height};
    size_t most = 1;
    for (size_t i = 0; i < f->curves + EXTRAS; i++) {
        if (!entry(f, i)) continue;
        l.entries++;
        if (letters_of(entry(f, i)) > most) most = letters_of(entry(f, i));
    }
    const double room = f->width - 2 * LEFT, text = room - SAMPLE - GAP;
    l.height = fmax(least_height, fmin(text_height, text / (kith_letter_width * (double)most)));
    l.column = SAMPLE + GAP + kith_letter_width * l.height * (double)most + APART;
    l.columns = l.column > room + APART ? 1 : (size_t)((room + APART) / l.column);
    if (l.columns > l.entries) l.columns = l.entries;
    l.rows = l.entries ? (l.entries + l.columns - 1) / l.columns : 0;
    return l;
}

int kith_figure_height(const kith_figure *f)
{
    const size_t rows = f->legend ? lay_out(f).rows : 0;
    return f->height + (rows ? (int)rows * ROW + AIR : 0);
}

/* Where a sample is: in a picture of this size, from its left end on, at its middle. */
typedef struct spot {
    double width, height, x, y;
} spot;

static void write_curve(FILE *script, const kith_figure *f, size_t i, const spot *at)
{
    const double width = at->width, height = at->height, x = at->x, y = at->y;
    if (!f->category) {
        fprintf(script, "set arrow from screen %.6f,%.6f to screen %.6f,%.6f nohead lw 2 lc rgb '%s'", x / width,
                y / height, (x + SAMPLE) / width, y / height, kith_style_colour(i));
        if (*kith_style_dashes(i)) fprintf(script, " dt (%s)", kith_style_dashes(i));
        putc('\n', script);
    }
    fprintf(script, "set label '' at screen %.6f,%.6f point pt %d ps 0.7 lc rgb '%s'\n", (x + SAMPLE / 2.0) / width,
            y / height, kith_style_marker(i), kith_style_colour(i));
}

static void write_line(FILE *script, const spot *at)
{
    fprintf(script, "set arrow from screen %.6f,%.6f to screen %.6f,%.6f nohead lw 1.2 dt (3,4) lc rgb '#333333'\n",
            at->x / at->width, at->y / at->height, (at->x + SAMPLE) / at->width, at->y / at->height);
}

static void write_box(FILE *script, const spot *at, const char *colour)
{
    fprintf(script, "set object rect from screen %.6f,%.6f to screen %.6f,%.6f fs solid noborder fc rgb '%s'\n",
            (at->x + 3) / at->width, (at->y - 5) / at->height, (at->x + SAMPLE - 3) / at->width,
            (at->y + 5) / at->height, colour);
}

static void write_spread(FILE *script, const kith_figure *f, const spot *at)
{
    const double width = at->width, height = at->height, middle = at->x + SAMPLE / 2.0, y = at->y;
    if (f->bars)
        fprintf(
            script,
            "set arrow from screen %.6f,%.6f to screen %.6f,%.6f heads size screen 0.007,90 lw 1.2 lc rgb '#555555'\n",
            middle / width, (y - 6) / height, middle / width, (y + 6) / height);
    else
        write_box(script, at, "#d9d9d9");
}

static void write_sample(FILE *script, const kith_figure *f, size_t i, const spot *at)
{
    if (i < f->curves) write_curve(script, f, i, at);
    if (i == f->curves + SPREAD) write_spread(script, f, at);
    if (i == f->curves + THEORY) write_line(script, at);
    if (i == f->curves + STRETCHES) write_box(script, at, "#ececec");
}

void kith_figure_legend(FILE *script, const kith_figure *f, int width, int height)
{
    const layout l = lay_out(f);
    for (size_t i = 0, n = 0; i < f->curves + EXTRAS; i++) {
        if (!entry(f, i)) continue;
        const spot at = {.width = width,
                         .height = height,
                         .x = LEFT + l.column * (double)(n % l.columns),
                         .y = height - AIR / 2.0 - ROW * ((double)(n / l.columns) + 0.5)};
        n++;
        write_sample(script, f, i, &at);
        fputs("set label ", script);
        kith_figure_text(script, entry(f, i));
        fprintf(script, " at screen %.6f,%.6f left font 'Helvetica,%.2f'\n", (at.x + SAMPLE + GAP) / width,
                at.y / height, l.height);
    }
}

/* ---- of panels ---- */

int kith_panels_width(const kith_panels *p)
{
    return p->panel[0].width * (int)p->columns;
}

int kith_panels_cell(const kith_panels *p)
{
    return p->panel[0].height + (p->panel[0].title ? TITLE : 0);
}

/* A curve is told of where any panel has it. */
static kith_figure above(const kith_panels *p, kith_curve *curve)
{
    kith_figure f = p->panel[0];
    f.width = kith_panels_width(p);
    f.curve = curve;
    for (size_t c = 0; c < f.curves; c++)
        for (size_t i = 0; i < p->count && curve[c].count == 0; i++)
            curve[c] = p->panel[i].curve[c];
    return f;
}

int kith_panels_legend(const kith_panels *p)
{
    kith_curve *curve = calloc(p->panel[0].curves + 1, sizeof *curve);
    if (!curve) return 0; /* what follows fails as well, and says so */
    const kith_figure f = above(p, curve);
    const int height = kith_figure_height(&f) - f.height;
    free(curve);
    return height;
}

int kith_panels_height(const kith_panels *p)
{
    const size_t rows = (p->count + p->columns - 1) / p->columns;
    return kith_panels_legend(p) + (int)rows * kith_panels_cell(p);
}

void kith_panels_write_legend(FILE *script, const kith_panels *p, int width, int height)
{
    kith_curve *curve = calloc(p->panel[0].curves + 1, sizeof *curve);
    if (!curve) return;
    const kith_figure f = above(p, curve);
    kith_figure_legend(script, &f, width, height);
    free(curve);
}

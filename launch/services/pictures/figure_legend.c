/* gnuplot's own legends neither know how wide a line of text is nor wrap, so this one lays out its entries itself. */
#include "launch/services/pictures/figure_script.h"

#include <math.h>
#include <string.h>

/* In units of which the text of axes is 13 high. */
enum { LEFT = 10, SAMPLE = 30, GAP = 6, APART = 14, ROW = 17, AIR = 6 };

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

/* Of entry i, curves first and the spread as the last; NULL: it has none, for nothing of it is drawn. */
static const char *entry(const kith_figure *f, size_t i)
{
    if (i == f->curves) return f->legend->spread;
    return f->legend->label && f->curve[i].count ? f->legend->label[i] : NULL;
}

static layout lay_out(const kith_figure *f)
{
    layout l = {.height = text_height};
    size_t most = 1;
    for (size_t i = 0; i <= f->curves; i++) {
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

static void write_curve(FILE *script, const kith_figure *f, size_t i, double x, double y)
{
    const double width = f->width, height = kith_figure_height(f);
    if (!f->category) {
        fprintf(script, "set arrow from screen %.6f,%.6f to screen %.6f,%.6f nohead lw 2 lc rgb '%s'", x / width,
                y / height, (x + SAMPLE) / width, y / height, kith_style_colour(i));
        if (*kith_style_dashes(i)) fprintf(script, " dt (%s)", kith_style_dashes(i));
        putc('\n', script);
    }
    fprintf(script, "set label '' at screen %.6f,%.6f point pt %d ps 0.7 lc rgb '%s'\n", (x + SAMPLE / 2.0) / width,
            y / height, kith_style_marker(i), kith_style_colour(i));
}

static void write_spread(FILE *script, const kith_figure *f, double x, double y)
{
    const double width = f->width, height = kith_figure_height(f), middle = x + SAMPLE / 2.0;
    if (f->bars)
        fprintf(
            script,
            "set arrow from screen %.6f,%.6f to screen %.6f,%.6f heads size screen 0.007,90 lw 1.2 lc rgb '#555555'\n",
            middle / width, (y - 6) / height, middle / width, (y + 6) / height);
    else
        fprintf(script,
                "set object rect from screen %.6f,%.6f to screen %.6f,%.6f fs solid noborder fc rgb '#d9d9d9'\n",
                (x + 3) / width, (y - 5) / height, (x + SAMPLE - 3) / width, (y + 5) / height);
}

void kith_figure_legend(FILE *script, const kith_figure *f)
{
    const layout l = lay_out(f);
    const double height = kith_figure_height(f);
    for (size_t i = 0, n = 0; i <= f->curves; i++) {
        if (!entry(f, i)) continue;
        const double x = LEFT + l.column * (double)(n % l.columns);
        const double y = height - AIR / 2.0 - ROW * ((double)(n / l.columns) + 0.5);
        n++;
        if (i < f->curves)
            write_curve(script, f, i, x, y);
        else
            write_spread(script, f, x, y);
        fputs("set label ", script);
        kith_figure_text(script, entry(f, i));
        fprintf(script, " at screen %.6f,%.6f left font 'Helvetica,%.2f'\n", (x + SAMPLE + GAP) / f->width, y / height,
                l.height);
    }
}

#include "launch/services/pictures/map.h"

#include "launch/services/pictures/figure_script.h"

#include <math.h>

/* Matplotlib's viridis in nine steps (CC0): evenly bright, in print and to those who see no red or green. */
static const char *const colours[] = {"#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c",
                                      "#28ae80", "#5ec962", "#addc30", "#fde725"};
enum { COLOURS = sizeof colours / sizeof colours[0], TICKS = 8 };

static void write_palette(FILE *script, const kith_map *m)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t k = 0; k < m->rows * m->columns; k++)
        if (!isnan(m->value[k])) {
            least = fmin(least, m->value[k]);
            most = fmax(most, m->value[k]);
        }
    if (!(most > least)) most = least + (least != 0.0 ? 0.01 * fabs(least) : 1.0);
    fprintf(script, "set cbrange [%.10g:%.10g]\nset palette maxcolors 256 defined (", least, most);
    for (size_t k = 0; k < COLOURS; k++)
        fprintf(script, "%s%zu '%s'", k ? ", " : "", k, colours[m->reversed ? COLOURS - 1 - k : k]);
    fputs(")\nset cblabel ", script);
    kith_figure_text(script, m->colours);
    fputs("\n", script);
}

static void write_axes(FILE *script, const kith_map *m)
{
    const double dx = (m->x[1] - m->x[0]) / (double)(m->columns - 1);
    const double dy = (m->y[1] - m->y[0]) / (double)(m->rows - 1);
    fprintf(script, "set xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n", m->x[0] - dx / 2, m->x[1] + dx / 2,
            m->y[0] - dy / 2, m->y[1] + dy / 2);
    const double most = fmax(m->x[1] - m->x[0], m->y[1] - m->y[0]);
    if (m->cells) fprintf(script, "set xtics %d\nset ytics %d\n", (int)ceil(most / TICKS), (int)ceil(most / TICKS));
    if (m->bare)
        fputs("set lmargin 3\nset tmargin 1.5\nset bmargin 1.5\nunset xtics\nunset ytics\nset border 0\n", script);
    fputs("set xlabel ", script);
    kith_figure_text(script, m->x_label);
    fputs("\nset ylabel ", script);
    kith_figure_text(script, m->y_label);
    fputs("\n", script);
}

static void write_cells(FILE *script, const kith_map *m)
{
    fputs("$cells << EOD\n", script);
    for (size_t r = 0; r < m->rows; r++)
        for (size_t c = 0; c < m->columns; c++) {
            const double x = m->x[0] + (m->x[1] - m->x[0]) * (double)c / (double)(m->columns - 1);
            const double y = m->y[0] + (m->y[1] - m->y[0]) * (double)r / (double)(m->rows - 1);
            const double value = m->value[r * m->columns + c];
            if (isnan(value))
                fprintf(script, "%.10g %.10g NaN\n", x, y);
            else
                fprintf(script, "%.10g %.10g %.10g\n", x, y, value);
        }
    fputs("EOD\n", script);
}

static void write_points(FILE *script, const kith_map *m)
{
    for (size_t k = 0; k < m->points; k++) {
        const kith_map_point *p = &m->point[k];
        fputs("set label ", script);
        kith_figure_text(script, p->text);
        fprintf(script, " at %.10g,%.10g point pt 7 ps 0.5 lc rgb 'black' offset 0.5,0.5 front textcolor rgb 'black'\n",
                p->x, p->y);
    }
}

static void write_map(FILE *script, const void *map)
{
    const kith_map *m = map;
    fprintf(script,
            "set terminal svg size %d,%d dynamic noenhanced font 'Helvetica,13' name 'figure%u' background 'white'\n"
            "set encoding utf8\nset border 3 lc rgb '#8a8a8a'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#333333'\nunset key\nset size ratio -1\nset rmargin 9\n",
            m->width, m->height, m->number);
    write_axes(script, m);
    write_palette(script, m);
    write_points(script, m);
    write_cells(script, m);
    fputs("plot $cells using 1:2:3 with image pixels notitle\n", script);
}

kith_status kith_map_draw(kith_ctx *ctx, const kith_map *map, char **svg)
{
    return kith_script_draw(ctx, write_map, map, map->number, svg);
}

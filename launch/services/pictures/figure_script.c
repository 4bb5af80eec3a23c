#include "launch/services/pictures/figure_script.h"

#include "launch/services/pictures/axes.h"
#include "launch/services/text/html.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Okabe and Ito's colours, which colour-blind readers tell apart, without the yellow, and those that are pale on white
 * darkened until their contrast is 3:1 and more (WCAG 2.1, 1.4.11). */
static const char *const colours[] = {"#0072B2", "#D55E00", "#008A65", "#B8538A", "#9A6A00", "#2F86BD", "#333333"};
static const char *const dashes[] = {"", "9,4", "9,3,2,3", "2,4"};
/* Disc, square, triangle, diamond, the other triangle, and their outlines. */
static const int markers[] = {7, 5, 9, 13, 11, 6, 4, 8, 12};
enum {
    MANY = 5,
    COLOURS = sizeof colours / sizeof colours[0],
    DASHES = sizeof dashes / sizeof dashes[0],
    MARKERS = sizeof markers / sizeof markers[0],
    MARKED = 8, /* points of a curve */
    TICKS = 8,  /* at the values themselves, up to so many */
    SHORT = 60, /* letters of all categories that fit beside each other */
    APART = 26, /* of ticks of y, at least, where text is 13 high */
    NEAR = 18,  /* of those of a logarithmic axis that has powers of ten alone */
    WIDE = 48,  /* of ticks of x */
    USUAL = 5,  /* letters of a tick of y */
    WIDEST = 6, /* of a power of ten */
    LEFT = 4    /* letters that a title and the ticks themselves need */
};

static const double STRIP = 0.025; /* of a curve's shaded stretches, of the height */

const char *kith_style_colour(size_t i)
{
    return colours[i % COLOURS];
}

const char *kith_style_dashes(size_t i)
{
    return dashes[i % DASHES];
}

int kith_style_marker(size_t i)
{
    return markers[i % MARKERS];
}

/* No letter beyond ASCII means anything to gnuplot. */
void kith_figure_text(FILE *script, const char *text)
{
    putc('\'', script);
    while (*text) {
        const size_t length = kith_utf8_length(text);
        const bool plain = length == 1 && (isalnum((unsigned char)*text) || strchr(" _()./%=,+-:[]", *text));
        if (length > 1)
            fwrite(text, 1, length, script);
        else
            putc(plain ? *text : ' ', script);
        text += length ? length : 1;
    }
    putc('\'', script);
}

/* room: for how much of it there is place; a long one is written smaller. */
static void write_label(FILE *script, const char *axis, const char *label, double room, const char *offset)
{
    const double height = room / (kith_letter_width * (double)strlen(label));
    fprintf(script, "set %s ", axis);
    kith_figure_text(script, label);
    if (height < 13) fprintf(script, " font 'Helvetica,%.2f'", fmax(height, 6.0));
    fprintf(script, "%s\n", offset);
}

/* Arms at one category stand beside each other. */
static double beside(const kith_figure *f, size_t c)
{
    return f->category ? 0.5 * (((double)c + 0.5) / (double)f->curves - 0.5) : 0.0;
}

/* No point of it is drawn below a logarithmic axis. */
static void write_theory_data(FILE *script, const kith_figure *f, size_t c)
{
    const double scale = kith_figure_y_scale(f);
    fprintf(script, "$t%zu << EOD\n", c);
    for (size_t i = 0; i < f->theory[c].count; i++) {
        const kith_curve_point *p = &f->theory[c].point[i];
        if (!f->log_y || p->mean > 0) fprintf(script, "%.12g %.12g\n", p->x * f->x_scale, p->mean * scale);
    }
    fputs("EOD\n", script);
}

static bool has_theory(const kith_figure *f, size_t c)
{
    return f->theory && !f->category && f->theory[c].count > 1;
}

static void write_data(FILE *script, const kith_figure *f)
{
    const double scale = kith_figure_y_scale(f);
    for (size_t c = 0; c < f->curves; c++) {
        if (has_theory(f, c)) write_theory_data(script, f, c);
        if (f->curve[c].count == 0) continue;
        fprintf(script, "$d%zu << EOD\n", c);
        for (size_t i = 0; i < f->curve[c].count; i++) {
            const kith_curve_point *p = &f->curve[c].point[i];
            const double low = f->log_y && p->low <= 0 ? kith_figure_bottom(f) : p->low;
            const double mean = f->log_y && p->mean <= 0 ? kith_figure_bottom(f) : p->mean;
            fprintf(script, "%.12g %.12g %.12g %.12g\n", p->x * f->x_scale + beside(f, c), mean * scale, low * scale,
                    fmax(p->high, mean) * scale);
        }
        fputs("EOD\n", script);
    }
}

static bool has_spread(const kith_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (curve->point[i].high > curve->point[i].low) return true;
    return false;
}

/* A single point makes no line. */
static const char *shape(const kith_figure *f, const kith_curve *curve)
{
    if (f->steps) return "histeps lw 2";
    return curve->count == 1 ? "points pt 7 ps 0.6" : "lines lw 2";
}

static void write_line(FILE *script, const kith_figure *f, size_t c, const char *separator)
{
    fprintf(script, "%s$d%zu using 1:2 with %s lc rgb '%s'", separator, c, shape(f, &f->curve[c]),
            kith_style_colour(c));
    if (*kith_style_dashes(c) && f->curve[c].count > 1) fprintf(script, " dt (%s)", kith_style_dashes(c));
    fputs(" notitle", script);
}

/* Those of different curves at different places, so that curves that lie on each other are told apart. */
static void write_markers(FILE *script, const kith_figure *f, size_t c, const char *separator)
{
    const size_t count = f->curve[c].count, step = f->bars || count <= MARKED ? 1 : (count + MARKED - 1) / MARKED;
    fprintf(script, "%s$d%zu using 1:2 every %zu::%zu with points pt %d ps %s lc rgb '%s' notitle", separator, c, step,
            step * (c % f->curves) / f->curves, kith_style_marker(c), f->legend ? "0.7" : "0.6", kith_style_colour(c));
}

/* Arrows with flat heads: around the middle of its own error bars gnuplot clears a disc. */
static void write_bars(FILE *script, size_t c, const char *separator)
{
    fprintf(
        script,
        "%s$d%zu using 1:($4 > $3 ? $3 : NaN):(0):($4 - $3) with vectors heads size graph 0.009,90 lw 1.2 lc rgb '%s' "
        "notitle",
        separator, c, kith_style_colour(c));
}

/* Bands lie below all lines, the fainter the more there are. */
static const char *write_spreads(FILE *script, const kith_figure *f)
{
    const char *separator = "plot ";
    for (size_t c = 0; c < f->curves; c++) {
        if (!has_spread(&f->curve[c])) continue;
        if (f->bars || f->curve[c].count < 2)
            write_bars(script, c, separator);
        else
            fprintf(script, "%s$d%zu using 1:3:4 with filledcurves lc rgb '#%s%s' notitle", separator, c,
                    f->curves > MANY ? "EC" : "D0", kith_style_colour(c) + 1);
        separator = ", ";
    }
    return separator;
}

/* Lines with gaps lie above those with fewer. */
static void write_plot(FILE *script, const kith_figure *f)
{
    const char *separator = write_spreads(script, f);
    for (size_t layer = 0; layer < DASHES; layer++)
        for (size_t c = layer; c < f->curves; c += DASHES) {
            if (f->curve[c].count == 0) continue;
            if (!f->category) { /* nothing lies between categories */
                write_line(script, f, c, separator);
                separator = ", ";
            }
            if (f->bars || (f->legend && !f->steps)) write_markers(script, f, c, separator);
            separator = ", ";
        }
    for (size_t c = 0; c < f->curves; c++)
        if (has_theory(f, c))
            fprintf(script, ", $t%zu using 1:2 with lines lw 1.2 dt (3,4) lc rgb '%s' notitle", c,
                    kith_style_colour(c));
    putc('\n', script);
}

/* Behind the grid: of all curves from below to above, of one as a strip of its colour. */
static void write_stretches(FILE *script, const kith_figure *f)
{
    for (size_t i = 0; i < f->stretches; i++) {
        const kith_stretch *s = &f->stretch[i];
        const bool all = s->curve == SIZE_MAX;
        const double low = all ? 0.0 : STRIP * (double)s->curve, high = all ? 1.0 : low + 0.8 * STRIP;
        fprintf(script,
                "set object rect from first %.12g,graph %.4f to first %.12g,graph %.4f behind fs solid noborder fc rgb "
                "'%s'\n",
                s->from * f->x_scale, low, s->to * f->x_scale, high, all ? "#ececec" : kith_style_colour(s->curve));
    }
}

/* gnuplot's own ticks have six digits, which repeat where an axis shows a narrow range far from zero, and those of x
 * run into each other in a narrow figure. */
static size_t write_ticks(FILE *script, char axis, const kith_ticks *ticks)
{
    for (size_t i = 0; i < ticks->count; i++) {
        if (i == 0) fprintf(script, "set %ctics (", axis);
        fprintf(script, "%s'%s' %.15g", i ? ", " : "", ticks->text[i], ticks->value[i]);
    }
    fputs(ticks->count ? ")\n" : "", script);
    return ticks->letters;
}

/* The letters of the longest tick, as of write_log_range(). */
static size_t write_range(FILE *script, const kith_figure *f)
{
    const kith_range y = kith_figure_y_range(f);
    kith_ticks ticks;
    fprintf(script, "set yrange [%.12g:%.12g]\n", y.low, y.high);
    kith_ticks_even(y.low, y.high, (f->height - 50) / APART, false, &ticks);
    return write_ticks(script, 'y', &ticks);
}

/* Powers of ten may stand closer: in a low panel few ticks would be left. */
static int most_powers(const kith_figure *f, kith_range y)
{
    const int most = (f->height - 50) / APART, more = (f->height - 50) / NEAR;
    return 3 * log10(y.high / y.low) > 2 * more ? more : most;
}

static size_t write_log_range(FILE *script, const kith_figure *f)
{
    const kith_range y = kith_figure_y_range(f);
    kith_ticks ticks;
    fprintf(script, "set logscale y\nset format y '%%g'\nset yrange [%.10g:%.10g]\n", y.low, y.high);
    kith_ticks_log(y.low, y.high, most_powers(f, y), &ticks);
    const size_t letters = write_ticks(script, 'y', &ticks);
    return letters ? letters : WIDEST;
}

static size_t most_points(const kith_figure *f)
{
    size_t most = 1;
    for (size_t c = 0; c < f->curves; c++)
        if (f->curve[c].count > most) most = f->curve[c].count;
    return most;
}

/* Of the curve with the most points: the values that were looked at. */
static const kith_curve *longest(const kith_figure *f)
{
    const kith_curve *found = &f->curve[0];
    for (size_t c = 1; c < f->curves; c++)
        if (f->curve[c].count > found->count) found = &f->curve[c];
    return found;
}

static void write_categories(FILE *script, const kith_figure *f)
{
    size_t letters = 0;
    for (size_t k = 0; k < f->categories; k++)
        letters += strlen(f->category[k]) + 2;
    fprintf(script, "set xrange [-0.5:%zu.5]\nset xtics %s(", f->categories - 1,
            letters > (size_t)(SHORT * f->width / 580) ? "rotate by -20 " : "");
    for (size_t k = 0; k < f->categories; k++) {
        if (k) fputs(", ", script);
        kith_figure_text(script, f->category[k]);
        fprintf(script, " %zu", k);
    }
    fputs(")\n", script);
}

static void write_even_ticks(FILE *script, const kith_figure *f, kith_range x)
{
    kith_ticks ticks;
    if (!(x.high > x.low)) return;
    kith_ticks_even(x.low, x.high, (f->width - 100) / WIDE, f->whole_x, &ticks);
    (void)write_ticks(script, 'x', &ticks);
}

/* Powers of ten alone would leave an axis nearly bare. */
static void write_log_ticks(FILE *script, const kith_figure *f, kith_range x)
{
    kith_ticks ticks;
    fputs("set logscale x\nset format x '%g'\n", script);
    kith_ticks_log(x.low, x.high, (f->width - 100) / WIDE, &ticks);
    (void)write_ticks(script, 'x', &ticks);
}

static void write_values(FILE *script, const kith_figure *f)
{
    const kith_range x = kith_figure_x_range(f);
    fprintf(script, "set xrange [%.10g:%.10g]\n", x.low, x.high);
    if (f->log_x)
        write_log_ticks(script, f, x);
    else
        write_even_ticks(script, f, x);
    const kith_curve *curve = longest(f);
    if (!f->log_x || curve->count > TICKS) return;
    for (size_t i = 0; i < curve->count; i++)
        fprintf(script, "%s%.10g", i ? ", " : "set xtics (", curve->point[i].x * f->x_scale);
    fputs(")\n", script);
}

static void write_x_range(FILE *script, const kith_figure *f)
{
    if (f->steps)
        fprintf(script, "set xrange [-0.5:%zu.5]\n", most_points(f) - 1);
    else if (f->category)
        write_categories(script, f);
    else if (f->bars)
        write_values(script, f);
    else {
        const kith_range x = kith_figure_x_range(f);
        if (x.high > x.low) fprintf(script, "set xrange [%.10g:%.10g]\n", x.low, x.high);
        if (x.high == x.low) {
            fprintf(script, "set xtics ('%g' %.10g)\n", x.low, x.low);
        } else if (f->log_x) {
            write_log_ticks(script, f, x);
        } else {
            fputs("set autoscale xfix\n", script);
            write_even_ticks(script, f, x);
        }
    }
}

void kith_figure_begin(FILE *script, int width, int height, unsigned number, bool white)
{
    fprintf(script, "set terminal svg size %d,%d dynamic noenhanced font 'Helvetica,13' name 'figure%u'%s\n", width,
            height, number, white ? " background 'white'" : "");
    fputs("set encoding utf8\n"
          "set border 3 lc rgb '#8a8a8a'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#333333'\n"
          "set grid lt 1 lc rgb '#e6e6e6'\n"
          "set xtics autofreq\n"
          "set rmargin 2.5\n"
          "set tmargin 0.8\n"
          "unset key\n",
          script);
}

void kith_figure_body(FILE *script, const kith_figure *f)
{
    write_x_range(script, f);
    const size_t letters = f->log_y ? write_log_range(script, f) : write_range(script, f);
    /* Of equal width in most figures, so that axes are in line below each other. */
    fprintf(script, "set lmargin %zu\n", letters > USUAL ? letters + LEFT : USUAL + LEFT);
    write_label(script, "xlabel", f->x_label, f->width - 110, f->legend ? " offset 0,0.4" : "");
    write_label(script, "ylabel", f->y_label, f->height - 50, f->legend ? " offset 0.8,0" : "");
    write_stretches(script, f);
}

void kith_figure_script(FILE *script, const kith_figure *f)
{
    const int height = kith_figure_height(f);
    kith_figure_begin(script, f->width, height, f->number, f->legend != NULL);
    if (height > f->height) fprintf(script, "set tmargin at screen %.6f\n", (f->height - 8.0) / height);
    kith_figure_body(script, f);
    if (f->legend) kith_figure_legend(script, f, f->width, height);
    kith_figure_curves(script, f);
}

void kith_figure_curves(FILE *script, const kith_figure *f)
{
    write_data(script, f);
    write_plot(script, f);
}

void kith_panels_script(FILE *script, const kith_panels *p)
{
    const int width = kith_panels_width(p), height = kith_panels_height(p);
    const double cell = kith_panels_cell(p);
    kith_figure_begin(script, width, height, p->panel[0].number, true);
    fputs("set multiplot\n", script);
    for (size_t i = 0; i < p->count; i++) {
        const kith_figure *f = &p->panel[i];
        const double top = height - kith_panels_legend(p) - cell * (double)(i / p->columns);
        fprintf(script, "set origin %.6f,%.6f\nset size %.6f,%.6f\n", f->width * (double)(i % p->columns) / width,
                (top - cell) / height, (double)f->width / width, cell / height);
        fputs("unset logscale\nset format '%g'\nset xtics autofreq norotate\nset ytics autofreq\n", script);
        fputs(f->title ? "set tmargin 1.6\nset title " : "set tmargin 0.8\nunset title", script);
        if (f->title) kith_figure_text(script, f->title);
        fputs(f->title ? " offset 0,-0.7\n" : "\n", script);
        kith_figure_body(script, f);
        if (i == 0) kith_panels_write_legend(script, p, width, height);
        kith_figure_curves(script, f);
        fputs("unset label\nunset arrow\nunset object\n", script);
    }
    fputs("unset multiplot\n", script);
}

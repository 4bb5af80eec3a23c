#include "figure.h"

#include "svg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Okabe and Ito's colours, which colour-blind readers tell apart, without the yellow that a white page swallows. */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#333333"};
static const char *const dashes[] = {"", "9,4", "9,3,2,3", "2,4"};
enum { MANY = 5, COLOURS = sizeof colours / sizeof colours[0], DASHES = sizeof dashes / sizeof dashes[0] };

const char *kith_style_colour(size_t i)
{
    return colours[i % COLOURS];
}

const char *kith_style_dashes(size_t i)
{
    return dashes[i % DASHES];
}

/* Whatever a metric is called, it must not become a command. */
static void write_label(FILE *script, const char *axis, const char *label)
{
    fprintf(script, "set %s '", axis);
    for (; *label; label++) {
        const unsigned char c = (unsigned char)*label;
        putc(isalnum(c) || strchr(" _()./%", c) ? c : ' ', script);
    }
    fputs("'\n", script);
}

static void write_data(FILE *script, const kith_figure *f)
{
    for (size_t c = 0; c < f->curves; c++) {
        if (f->curve[c].count == 0) continue;
        fprintf(script, "$d%zu << EOD\n", c);
        for (size_t i = 0; i < f->curve[c].count; i++) {
            const kith_curve_point *p = &f->curve[c].point[i];
            fprintf(script, "%.10g %.10g %.10g %.10g\n", p->x * f->x_scale, p->mean, p->low, p->high);
        }
        fputs("EOD\n", script);
    }
}

static bool has_band(const kith_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (curve->point[i].high > curve->point[i].low) return curve->count > 1;
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
    fprintf(script, "%s$d%zu using 1:2 with %s lc rgb '%s'", separator, c, shape(f, &f->curve[c]), kith_style_colour(c));
    if (*kith_style_dashes(c) && f->curve[c].count > 1) fprintf(script, " dt (%s)", kith_style_dashes(c));
    fputs(" notitle", script);
}

/* Bands lie below all lines, the fainter the more there are, and lines with gaps above those with fewer. */
static void write_plot(FILE *script, const kith_figure *f)
{
    const char *separator = "plot ";
    for (size_t c = 0; c < f->curves; c++) {
        if (!has_band(&f->curve[c])) continue;
        fprintf(script, "%s$d%zu using 1:3:4 with filledcurves lc rgb '#%s%s' notitle", separator, c,
                f->curves > MANY ? "EC" : "D0", kith_style_colour(c) + 1);
        separator = ", ";
    }
    for (size_t layer = 0; layer < DASHES; layer++)
        for (size_t c = layer; c < f->curves; c += DASHES) {
            if (f->curve[c].count == 0) continue;
            write_line(script, f, c, separator);
            separator = ", ";
        }
    putc('\n', script);
}

/* A little air around what is drawn; none that would show numbers below zero where there are none. */
static void write_range(FILE *script, const kith_figure *f)
{
    const double spread = f->y_most - f->y_least, level = fmax(fabs(f->y_most), fabs(f->y_least));
    /* numbers that differ in their last digits only are level */
    const double air = spread > 1e-7 * level ? 0.04 * spread : fmax(0.05 * level, 1e-12);
    const double low = f->y_least >= 0 && f->y_least < air ? 0 : f->y_least - air;
    fprintf(script, "set yrange [%.10g:%.10g]\n", low, f->y_most + air);
}

/* Over few decades, powers of ten alone would leave an axis nearly bare. */
static void write_log_range(FILE *script, const kith_figure *f)
{
    const double low = f->y_least / 1.15, high = f->y_most * 1.15;
    fprintf(script, "set logscale y\nset format y '%%g'\nset yrange [%.10g:%.10g]\n", low, high);
    if (high > 1e4 * low) return;
    const char *separator = "set ytics (";
    for (double decade = pow(10.0, floor(log10(low))); decade <= high; decade *= 10)
        for (int step = 1; step <= 5; step = step == 1 ? 2 : step + 3) {
            if (step * decade < low || step * decade > high) continue;
            fprintf(script, "%s%.10g", separator, step * decade);
            separator = ", ";
        }
    fputs(")\n", script);
}

static size_t most_points(const kith_figure *f)
{
    size_t most = 1;
    for (size_t c = 0; c < f->curves; c++)
        if (f->curve[c].count > most) most = f->curve[c].count;
    return most;
}

static void write_script(FILE *script, const kith_figure *f)
{
    fprintf(script, "set terminal svg size %d,%d dynamic noenhanced font 'Helvetica,13' name 'figure%u'\n", f->width,
            f->height, f->number);
    fputs("set encoding utf8\n"
          "set border 3 lc rgb '#8a8a8a'\n"
          "set tics nomirror out scale 0.6 textcolor rgb '#333333'\n"
          "set grid lt 1 lc rgb '#e6e6e6'\n"
          "set xtics autofreq\n"
          "set lmargin 9\n"
          "set rmargin 2.5\n"
          "set tmargin 0.8\n"
          "unset key\n",
          script);
    if (f->steps)
        fprintf(script, "set xrange [-0.5:%zu.5]\n", most_points(f) - 1);
    else
        fputs("set autoscale xfix\n", script);
    if (f->log_y)
        write_log_range(script, f);
    else
        write_range(script, f);
    write_label(script, "xlabel", f->x_label);
    write_label(script, "ylabel", f->y_label);
    write_data(script, f);
    write_plot(script, f);
}

/* One after the other: nobody waits on a full pipe. */
typedef struct channels {
    int in, out, err;
} channels;

static void close_channels(channels *c)
{
    if (c->in >= 0) close(c->in);
    if (c->out >= 0) close(c->out);
    if (c->err >= 0) close(c->err);
}

static kith_status open_channels(kith_ctx *ctx, const kith_figure *f, channels *c)
{
    *c = (channels){memfd_create("script", MFD_CLOEXEC), memfd_create("figure", MFD_CLOEXEC),
                    memfd_create("errors", MFD_CLOEXEC)};
    const int copy = c->in >= 0 && c->out >= 0 && c->err >= 0 ? fcntl(c->in, F_DUPFD_CLOEXEC, 3) : -1;
    FILE *script = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (script) {
        write_script(script, f);
        if (fclose(script) == 0 && lseek(c->in, 0, SEEK_SET) == 0) return KITH_OK;
    } else if (copy >= 0) {
        close(copy);
    }
    const int error = errno;
    close_channels(c);
    return kith_fail(ctx, KITH_EIO, "no memory for a figure: %s", strerror(error));
}

static int start(const channels *c, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    char *argv[] = {(char[]){"gnuplot"}, NULL};
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, c->in, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, c->out, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, c->err, 2);
    if (!error) error = posix_spawnp(child, "gnuplot", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The line of gnuplot's complaint that says something. */
static kith_status fail_gnuplot(kith_ctx *ctx, int fd)
{
    char *text = kith_svg_contents(fd), *line = text;
    while (line && (isspace((unsigned char)*line) || *line == '^')) line++;
    const kith_status status = kith_fail(ctx, KITH_EIO, "gnuplot failed to draw a figure: %.*s",
                                         line ? (int)strcspn(line, "\n") : 0, line ? line : "");
    free(text);
    return status;
}

static kith_status fail_missing(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EIO,
                     "gnuplot, which draws the figures, was not found; on Debian: apt-get install gnuplot-nox");
}

static kith_status run_gnuplot(kith_ctx *ctx, const channels *c, char **out)
{
    pid_t child;
    const int error = start(c, &child);
    if (error == ENOENT) return fail_missing(ctx);
    if (error) return kith_fail(ctx, KITH_EIO, "gnuplot cannot be started: %s", strerror(error));
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    /* What a system says whose posix_spawn() learns only later that there is no such program. */
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return fail_missing(ctx);
    if (status != 0) return fail_gnuplot(ctx, c->err);
    *out = kith_svg_contents(c->out);
    return *out ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

kith_status kith_figure_draw(kith_ctx *ctx, const kith_figure *figure, char **svg)
{
    channels c;
    char *drawn = NULL;
    KITH_TRY(open_channels(ctx, figure, &c));
    kith_status status = run_gnuplot(ctx, &c, &drawn);
    close_channels(&c);
    if (status != KITH_OK) return status;
    if (strstr(drawn, "<svg")) {
        *svg = kith_svg_tidy(drawn, figure->number);
        if (!*svg) status = kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
    } else {
        status = kith_fail(ctx, KITH_EIO, "gnuplot drew no SVG; on Debian, gnuplot-nox does");
    }
    free(drawn);
    return status;
}

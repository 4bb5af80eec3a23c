#include "launch/services/pictures/figure.h"

#include "launch/services/pictures/figure_script.h"
#include "launch/services/pictures/svg.h"
#include "launch/services/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The script as a memory file, to be read from its beginning; -1 on failure. */
static int describe(kith_scriptwriter writer, const void *picture)
{
    const int fd = memfd_create("script", MFD_CLOEXEC), copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    FILE *script = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (script) {
        writer(script, picture);
        if (fclose(script) == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    } else if (copy >= 0) {
        close(copy);
    }
    if (fd >= 0) close(fd);
    return -1;
}

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EIO, "no memory for a figure: %s", strerror(errno));
}

static kith_status run_gnuplot(kith_ctx *ctx, int in, char **out)
{
    char *argv[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL}; /* -d: no ~/.gnuplot */
    const program gnuplot = {.title = "gnuplot",
                             .does = "draws the figures",
                             .task = "draw a figure",
                             .package = "gnuplot-nox",
                             .argv = argv};
    const int fd = memfd_create("figure", MFD_CLOEXEC);
    if (fd < 0) return fail_memory(ctx);
    kith_status status = program_filter(ctx, &gnuplot, in, fd);
    if (status == KITH_OK) {
        *out = kith_svg_contents(fd);
        if (!*out) status = kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
    }
    close(fd);
    return status;
}

kith_status kith_script_draw(kith_ctx *ctx, kith_scriptwriter writer, const void *picture, unsigned number, char **svg)
{
    char *drawn = NULL;
    const int in = describe(writer, picture);
    if (in < 0) return fail_memory(ctx);
    kith_status status = run_gnuplot(ctx, in, &drawn);
    close(in);
    if (status != KITH_OK) return status;
    if (strstr(drawn, "<svg")) {
        *svg = kith_svg_tidy(drawn, number);
        if (!*svg) status = kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
    } else {
        status = kith_fail(ctx, KITH_EIO, "gnuplot drew no SVG; on Debian, gnuplot-nox does");
    }
    free(drawn);
    return status;
}

static void write_figure(FILE *script, const void *figure)
{
    kith_figure_script(script, figure);
}

static void write_panels(FILE *script, const void *panels)
{
    kith_panels_script(script, panels);
}

kith_status kith_panels_draw(kith_ctx *ctx, const kith_panels *panels, char **svg)
{
    return kith_script_draw(ctx, write_panels, panels, panels->panel[0].number, svg);
}

kith_status kith_figure_draw(kith_ctx *ctx, const kith_figure *figure, char **svg)
{
    return kith_script_draw(ctx, write_figure, figure, figure->number, svg);
}

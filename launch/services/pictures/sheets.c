#include "launch/services/pictures/sheets.h"

#include "launch/services/pictures/svg.h"
#include "launch/services/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

static kith_status read_all(kith_ctx *ctx, int fd, kith_sheet *s)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *bytes = kith_svg_contents(fd);
    if (!bytes) return fail_memory(ctx);
    free(s->drawn);
    s->drawn = bytes;
    s->drawn_size = (size_t)size;
    return KITH_OK;
}

/* The date that a PDF has is that of no run; a figure that is drawn again is the same file. */
static kith_status run_rsvg(kith_ctx *ctx, int in, int out, kith_sheet *s)
{
    char *argv[] = {(char[]){"rsvg-convert"}, (char[]){"--format=pdf"}, NULL};
    const program rsvg = {.title = "rsvg-convert",
                          .does = "makes PDF figures",
                          .task = "make a PDF figure",
                          .package = "librsvg2-bin",
                          .argv = argv,
                          .variable = (char[]){"SOURCE_DATE_EPOCH=0"}};
    KITH_TRY(program_filter(ctx, &rsvg, in, out));
    return read_all(ctx, out, s);
}

static kith_status make_pdf(kith_ctx *ctx, kith_sheet *s)
{
    const int in = memfd_create("svg", MFD_CLOEXEC), out = memfd_create("pdf", MFD_CLOEXEC);
    kith_status status = KITH_OK;
    const size_t size = s->drawn_size;
    if (in < 0 || out < 0 || write(in, s->drawn, size) != (ssize_t)size || lseek(in, 0, SEEK_SET) != 0)
        status = kith_fail(ctx, KITH_EIO, "no memory for a figure: %s", strerror(errno));
    if (status == KITH_OK) status = run_rsvg(ctx, in, out, s);
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return status;
}

kith_status kith_sheet_take(kith_ctx *ctx, char *svg, double width_mm, double height_mm, bool pdf, kith_sheet *s)
{
    s->drawn = kith_svg_alone(svg, width_mm, height_mm);
    free(svg);
    if (!s->drawn) return fail_memory(ctx);
    s->drawn_size = strlen(s->drawn);
    return pdf ? make_pdf(ctx, s) : KITH_OK;
}

static void abandon_files(kith_sheet *s)
{
    for (int f = 0; f < 2; f++)
        kith_aside_abandon(&s->file[f]);
}

void kith_sheet_free(kith_sheet *s)
{
    abandon_files(s);
    free(s->name);
    free(s->drawn);
    free(s->data);
}

void kith_sheets_free(kith_sheets *all)
{
    for (size_t i = 0; i < all->count; i++)
        kith_sheet_free(&all->sheet[i]);
    kith_free(all->sheet);
    *all = (kith_sheets){.count = 0};
}

/* ---- files ---- */

static kith_status write_file(kith_ctx *ctx, const char *folder, kith_sheet *s, int f, const char *ending)
{
    char *path;
    if (asprintf(&path, "%s/%s.%s", folder, s->name, ending) < 0) return fail_memory(ctx);
    kith_status status = kith_aside_open(ctx, path, f == 0 ? KITH_PRODUCT_FIGURE : KITH_PRODUCT_TABLE, &s->file[f]);
    free(path);
    if (status != KITH_OK) return status;
    const size_t size = f == 0 ? s->drawn_size : strlen(s->data);
    const char *mark = strcmp(ending, "pdf") == 0 ? KITH_MARK_PDF : KITH_MARK_SVG;
    status = kith_aside_write(ctx, &s->file[f], f == 0 ? s->drawn : s->data, size);
    if (status == KITH_OK && f == 0) status = kith_aside_write(ctx, &s->file[f], mark, strlen(mark));
    return status == KITH_OK ? kith_aside_seal(ctx, &s->file[f]) : status;
}

static kith_status place_all(kith_ctx *ctx, const kith_sheets *all)
{
    for (size_t i = 0; i < all->count; i++)
        for (int f = 0; f < 2; f++)
            if (f ? all->sheet[i].data : all->sheet[i].drawn) KITH_TRY(kith_aside_place(ctx, &all->sheet[i].file[f]));
    return KITH_OK;
}

static kith_status write_files(kith_ctx *ctx, const char *folder, bool pdf, const kith_sheets *all, FILE *list)
{
    const char *ending = pdf ? "pdf" : "svg";
    for (size_t i = 0; i < all->count; i++) {
        if (all->sheet[i].drawn) KITH_TRY(write_file(ctx, folder, &all->sheet[i], 0, ending));
        if (all->sheet[i].data) KITH_TRY(write_file(ctx, folder, &all->sheet[i], 1, "csv"));
    }
    KITH_TRY(place_all(ctx, all));
    for (size_t i = 0; i < all->count; i++)
        if (list) fprintf(list, "%s/%s.%s\n", folder, all->sheet[i].name, all->sheet[i].drawn ? ending : "csv");
    return KITH_OK;
}

kith_status kith_sheets_write(kith_ctx *ctx, const char *folder, bool pdf, const kith_sheets *all, FILE *list)
{
    kith_status status = KITH_OK;
    const bool made = mkdir(folder, 0777) == 0;
    if (!made && errno != EEXIST)
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be made: %s; choose another folder for the figures", folder,
                           strerror(errno));
    if (status == KITH_OK) status = write_files(ctx, folder, pdf, all, list);
    for (size_t i = 0; i < all->count; i++)
        abandon_files(&all->sheet[i]);
    if (status != KITH_OK && made) (void)rmdir(folder);
    return status;
}

#include "launch/services/pictures/sheets.h"

#include "launch/services/pictures/svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a PNG, to the inch. */
enum { DOTS = 300 };

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

static kith_status convert(kith_ctx *ctx, kith_picture_format format, kith_sheet *s)
{
    const int out = memfd_create("picture", MFD_CLOEXEC);
    if (out < 0) return kith_fail(ctx, KITH_EIO, "no memory for a figure: %s", strerror(errno));
    kith_status status = kith_picture_convert(ctx, s->drawn, format, DOTS, out);
    if (status == KITH_OK) status = read_all(ctx, out, s);
    close(out);
    return status;
}

kith_status kith_sheet_take(kith_ctx *ctx, char *svg, double width_mm, double height_mm, kith_picture_format format,
                            kith_sheet *s)
{
    s->drawn = kith_svg_alone(svg, width_mm, height_mm);
    free(svg);
    if (!s->drawn) return fail_memory(ctx);
    s->drawn_size = strlen(s->drawn);
    s->format = format;
    return format == KITH_PICTURE_SVG ? KITH_OK : convert(ctx, format, s);
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
    status = kith_aside_write(ctx, &s->file[f], f == 0 ? s->drawn : s->data, size);
    const char *mark = s->format == KITH_PICTURE_PDF ? KITH_MARK_PDF : KITH_MARK_SVG;
    if (status == KITH_OK && f == 0 && s->format != KITH_PICTURE_PNG)
        status = kith_aside_write(ctx, &s->file[f], mark, strlen(mark));
    return status == KITH_OK ? kith_aside_seal(ctx, &s->file[f]) : status;
}

static kith_status place_all(kith_ctx *ctx, const kith_sheets *all)
{
    for (size_t i = 0; i < all->count; i++)
        for (int f = 0; f < 2; f++)
            if (f ? all->sheet[i].data : all->sheet[i].drawn) KITH_TRY(kith_aside_place(ctx, &all->sheet[i].file[f]));
    return KITH_OK;
}

static kith_status write_files(kith_ctx *ctx, const char *folder, const kith_sheets *all, FILE *list)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->sheet[i].drawn)
            KITH_TRY(write_file(ctx, folder, &all->sheet[i], 0, kith_picture_ending(all->sheet[i].format)));
        if (all->sheet[i].data) KITH_TRY(write_file(ctx, folder, &all->sheet[i], 1, "csv"));
    }
    KITH_TRY(place_all(ctx, all));
    for (size_t i = 0; i < all->count; i++)
        if (list)
            fprintf(list, "%s/%s.%s\n", folder, all->sheet[i].name,
                    all->sheet[i].drawn ? kith_picture_ending(all->sheet[i].format) : "csv");
    return KITH_OK;
}

kith_status kith_sheets_write(kith_ctx *ctx, const char *folder, const kith_sheets *all, FILE *list)
{
    kith_status status = KITH_OK;
    const bool made = mkdir(folder, 0777) == 0;
    if (!made && errno != EEXIST)
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be made: %s; choose another folder for the figures", folder,
                           strerror(errno));
    if (status == KITH_OK) status = write_files(ctx, folder, all, list);
    for (size_t i = 0; i < all->count; i++)
        abandon_files(&all->sheet[i]);
    if (status != KITH_OK && made) (void)rmdir(folder);
    return status;
}

#include "launch/services/pictures/convert.h"

#include "launch/services/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const endings[] = {
    [KITH_PICTURE_SVG] = "svg", [KITH_PICTURE_PDF] = "pdf", [KITH_PICTURE_PNG] = "png"};
enum { FORMATS = sizeof endings / sizeof endings[0] };

const char *kith_picture_ending(kith_picture_format format)
{
    return endings[format];
}

bool kith_picture_format_of(const char *name, kith_picture_format *out)
{
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(name, endings[i]) == 0) {
            *out = (kith_picture_format)i;
            return true;
        }
    return false;
}

/* The date that a PDF has is that of no run; a figure that is drawn again is the same file. */
static kith_status run_rsvg(kith_ctx *ctx, kith_picture_format format, unsigned dots, int in, int out)
{
    const bool png = format == KITH_PICTURE_PNG;
    char across[32], along[32];
    snprintf(across, sizeof across, "--dpi-x=%u", dots);
    snprintf(along, sizeof along, "--dpi-y=%u", dots);
    char *argv[] = {(char[]){"rsvg-convert"}, png ? (char[]){"--format=png"} : (char[]){"--format=pdf"},
                    dots ? across : NULL, along, NULL};
    const program rsvg = {.title = "rsvg-convert",
                          .does = png ? "makes PNG pictures" : "makes PDF figures",
                          .task = png ? "make a PNG picture" : "make a PDF figure",
                          .package = "librsvg2-bin",
                          .argv = argv,
                          .variable = (char[]){"SOURCE_DATE_EPOCH=0"}};
    return program_filter(ctx, &rsvg, in, out);
}

/* A PNG says what made it by a chunk before its last one, which is the same in every PNG. */
static kith_status stamp(kith_ctx *ctx, int fd)
{
    static const char last[] = "\0\0\0\0IEND\xae\x42\x60\x82";
    static const char text[] = "\0\0\0\x0d"
                               "tEXtSoftware\0kith"
                               "\x99\xb4\x72\xbe";
    const size_t size = sizeof last - 1, added = sizeof text - 1;
    if (lseek(fd, -(off_t)size, SEEK_END) >= 0 && write(fd, text, added) == (ssize_t)added &&
        write(fd, last, size) == (ssize_t)size)
        return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "a picture cannot be written: %s", strerror(errno));
}

kith_status kith_picture_convert(kith_ctx *ctx, const char *svg, kith_picture_format format, unsigned dots, int out)
{
    const int in = memfd_create("svg", MFD_CLOEXEC);
    const size_t size = strlen(svg);
    kith_status status = KITH_OK;
    if (in < 0 || write(in, svg, size) != (ssize_t)size || lseek(in, 0, SEEK_SET) != 0)
        status = kith_fail(ctx, KITH_EIO, "no memory for a picture: %s", strerror(errno));
    if (status == KITH_OK) status = run_rsvg(ctx, format, dots, in, out);
    if (status == KITH_OK && format == KITH_PICTURE_PNG) status = stamp(ctx, out);
    if (in >= 0) close(in);
    return status;
}

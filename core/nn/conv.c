#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* Patches are written out for a few images at a time, so that they are still in a core's cache when the product reads
 * them; how many follows from the layer alone, and so do the products' shapes. */
enum { CHUNK = 96 * 1024, SLACK = 16 };

size_t kith_conv_extent(size_t extent, size_t side, size_t pad)
{
    return extent + 2 * pad - side + 1;
}

struct sizes {
    size_t patch;       /* side side C */
    size_t run;         /* side C: one row of a patch */
    size_t height, width;
    size_t pixels;      /* of an output image */
    size_t row, padded; /* of an image with its margins, and all of it */
    size_t chunk;       /* images */
};

static struct sizes sizes_of(const kith_conv *c)
{
    struct sizes s = {.run = c->side * c->channels, .height = kith_conv_extent(c->height, c->side, c->pad),
                      .width = kith_conv_extent(c->width, c->side, c->pad),
                      .row = (c->width + 2 * c->pad) * c->channels};
    s.patch = c->side * s.run;
    s.pixels = s.height * s.width;
    s.padded = (c->height + 2 * c->pad) * s.row;
    s.chunk = CHUNK / (s.pixels * s.patch);
    if (s.chunk == 0) s.chunk = 1;
    return s;
}

size_t kith_conv_chunk(const kith_conv *c)
{
    return sizes_of(c).chunk;
}

/* What is cut up in the scratch memory. */
struct scratch {
    kith_real *patches;   /* (chunk pixels, patch) and a row that kernels may look at */
    kith_real *image;     /* with its margins */
    kith_real *transpose; /* (O, patch) */
};

static struct scratch cut(const struct sizes *s, kith_real *memory)
{
    struct scratch at = {.patches = memory};
    at.image = at.patches + s->chunk * s->pixels * s->patch + s->patch + SLACK;
    at.transpose = at.image + s->padded + SLACK;
    return at;
}

size_t kith_conv_scratch(const kith_conv *c)
{
    const struct sizes s = sizes_of(c);
    return s.chunk * s.pixels * s.patch + s.patch + s.padded + c->filters * s.patch + 3 * SLACK;
}

/* A copy with margins of zeros, so that the loops over patches have no borders to mind. */
static void with_margins(const kith_conv *c, const struct sizes *s, const kith_real *x, kith_real *image)
{
    const size_t row = c->width * c->channels, margin = c->pad * c->channels;
    kith_clear(c->pad * s->row, image);
    for (size_t h = 0; h < c->height; h++) {
        kith_real *to = image + (c->pad + h) * s->row;
        kith_clear(margin, to);
        kith_copy(row, x + h * row, to + margin);
        kith_clear(margin, to + margin + row);
    }
    kith_clear(c->pad * s->row + SLACK, image + (c->pad + c->height) * s->row);
}

/* Each run may spill over into the next, which is written later. */
KITH_CLONES static void unfold(const kith_conv *c, const struct sizes *s, const kith_real *image, kith_real *patches)
{
    for (size_t h = 0; h < s->height; h++) {
        for (size_t w = 0; w < s->width; w++) {
            const kith_real *from = image + h * s->row + w * c->channels;
            for (size_t k = 0; k < c->side; k++, patches += s->run) copy_lanes(s->run, from + k * s->row, patches);
        }
    }
}

/* Without margins, images are read where they are, but for the last: runs are read past its end. */
static void unfold_all(const kith_conv *c, const struct sizes *s, size_t images, const kith_real *x,
                       const struct scratch *at)
{
    const size_t features = c->height * c->width * c->channels, rows = s->pixels * s->patch;
    for (size_t b = 0; b < images; b++) {
        const kith_real *image = x + b * features;
        if (c->pad || b + 1 == images) {
            with_margins(c, s, image, at->image);
            image = at->image;
        }
        unfold(c, s, image, at->patches + b * rows);
    }
}

/* Which places of a window of `side` over `out` positions cover place `at` (margin included): [first, last). */
struct range {
    size_t first, last;
};

KITH_INLINE struct range covering(size_t at, size_t side, size_t out)
{
    return (struct range){.first = at >= out ? at - out + 1 : 0, .last = at < side ? at + 1 : side};
}

/* The sum over all patches of what they hold of one pixel, `width` channels of it. */
KITH_INLINE void gather_pixel(size_t width, const kith_real *origin, struct range down, struct range across,
                              size_t row_step, size_t step, kith_real *sum)
{
    for (size_t l = 0; l < width; l++) sum[l] = 0;
    for (size_t k = down.first; k < down.last; k++) {
        const kith_real *from = origin - k * row_step - across.first * step;
        for (size_t j = across.first; j < across.last; j++, from -= step) {
            for (size_t l = 0; l < width; l++) sum[l] += from[l];
        }
    }
}

enum { WIDE = 4 * KITH_LANES };

/* dx <- what unfold's transpose makes of the patches, pixel by pixel, so that every pixel is written once. */
KITH_CLONES static void fold(const kith_conv *c, const struct sizes *s, const kith_real *patches, kith_real *dx,
                             size_t room)
{
    const size_t channels = c->channels;
    const size_t step = s->patch - channels, row_step = s->width * s->patch - s->run;
    for (size_t h = c->pad; h < c->pad + c->height; h++) {
        const struct range down = covering(h, c->side, s->height);
        for (size_t w = c->pad; w < c->pad + c->width; w++) {
            const struct range across = covering(w, c->side, s->width);
            const kith_real *origin = patches + (h * s->width + w) * s->patch;
            size_t k = 0;
            for (; k + WIDE <= channels; k += WIDE) {
                kith_real sum[WIDE];
                gather_pixel(WIDE, origin + k, down, across, row_step, step, sum);
                memcpy(dx + k, sum, sizeof sum);
            }
            for (; k < channels; k += KITH_LANES) {
                kith_real sum[KITH_LANES];
                gather_pixel(KITH_LANES, origin + k, down, across, row_step, step, sum);
                store_lanes(k + KITH_LANES <= room, channels - k, sum, dx + k);
            }
            dx += channels;
            room -= channels;
        }
    }
}

KITH_CLONES static void transpose(size_t rows, size_t columns, const kith_real *restrict a, kith_real *restrict out)
{
    for (size_t c = 0; c < columns; c++) {
        for (size_t r = 0; r < rows; r++) out[c * rows + r] = a[r * columns + c];
    }
}

void kith_conv_forward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w, kith_real *scratch,
                       kith_real *y)
{
    const struct sizes s = sizes_of(c);
    const struct scratch at = cut(&s, scratch);
    const size_t features = c->height * c->width * c->channels;
    for (size_t first = 0; first < images; first += s.chunk) {
        const size_t n = images - first < s.chunk ? images - first : s.chunk;
        unfold_all(c, &s, n, x + first * features, &at);
        kith_gemm(0, 0, n * s.pixels, c->filters, s.patch, 1, at.patches, w, 0, y + first * s.pixels * c->filters);
    }
}

/* With the weights transposed beforehand the product for dx is twice as fast as with BLIS's transposition. */
void kith_conv_backward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w, const kith_real *dy,
                        kith_real *scratch, kith_real *gw, kith_real *dx)
{
    const struct sizes s = sizes_of(c);
    const struct scratch at = cut(&s, scratch);
    const size_t features = c->height * c->width * c->channels;
    if (images == 0) kith_clear(s.patch * c->filters, gw);
    if (dx) transpose(s.patch, c->filters, w, at.transpose);
    for (size_t first = 0; first < images; first += s.chunk) {
        const size_t n = images - first < s.chunk ? images - first : s.chunk;
        const kith_real *d = dy + first * s.pixels * c->filters;
        unfold_all(c, &s, n, x + first * features, &at);
        kith_gemm(1, 0, s.patch, c->filters, n * s.pixels, 1, at.patches, d, first ? 1 : 0, gw);
        if (!dx) continue;
        kith_gemm(0, 0, n * s.pixels, s.patch, c->filters, 1, d, at.transpose, 0, at.patches);
        for (size_t b = 0; b < n; b++)
            fold(c, &s, at.patches + b * s.pixels * s.patch, dx + (first + b) * features, (n - b) * features);
    }
}

KITH_CLONES static void interleave(size_t channels, size_t pixels, const kith_real *restrict planes,
                                   kith_real *restrict x)
{
    for (size_t p = 0; p < pixels; p++) {
        for (size_t c = 0; c < channels; c++) x[p * channels + c] = planes[c * pixels + p];
    }
}

void kith_interleave(size_t images, size_t channels, size_t pixels, const kith_real *planes, kith_real *x)
{
    const size_t features = channels * pixels;
    if (channels == 1) kith_copy(images * features, planes, x);
    else
        for (size_t b = 0; b < images; b++) interleave(channels, pixels, planes + b * features, x + b * features);
}

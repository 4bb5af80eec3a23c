#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* Patches are written out for a few images at a time, so that they are still in a core's cache when the product reads
 * them; how many follows from the layer alone, and so do the products' shapes. */
enum { CHUNK = 256 * 1024 / sizeof(kith_real), SLACK = 16 }; /* SLACK: what copies of whole registers read and write past an end */

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
    kith_real *slots;     /* a register for each pixel of a row, margins included */
};

static struct scratch cut(const kith_conv *c, const struct sizes *s, kith_real *memory)
{
    struct scratch at = {.patches = memory};
    at.image = at.patches + s->chunk * s->pixels * s->patch + s->patch + SLACK;
    at.transpose = at.image + s->padded + SLACK;
    at.slots = at.transpose + c->filters * s->patch + SLACK;
    return at;
}

size_t kith_conv_scratch(const kith_conv *c)
{
    const struct sizes s = sizes_of(c);
    const size_t slots = (c->width + 2 * c->pad) * KITH_LANES;
    return s.chunk * s.pixels * s.patch + s.patch + s.padded + c->filters * s.patch + slots + 3 * SLACK;
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
KITH_INLINE void unfold_runs(const kith_conv *c, const struct sizes *s, size_t side, size_t run,
                             const kith_real *image, kith_real *patches)
{
    const size_t row = s->row, step = s->run;
    for (size_t h = 0; h < s->height; h++) {
        const kith_real *from = image + h * row;
        for (size_t w = 0; w < s->width; w++, from += c->channels) {
            for (size_t k = 0; k < side; k++, patches += step) copy_lanes(run, from + k * row, patches);
        }
    }
}

/* Short runs, as in first layers, are not worth loops: windows of side 5 get code of their own. */
KITH_CLONES static void unfold(const kith_conv *c, const struct sizes *s, const kith_real *image, kith_real *patches)
{
    const size_t registers = (s->run + KITH_LANES - 1) / KITH_LANES;
    if (c->side == 5 && registers == 1) unfold_runs(c, s, 5, KITH_LANES, image, patches);
    else if (c->side == 5 && registers == 2) unfold_runs(c, s, 5, 2 * KITH_LANES, image, patches);
    else if (c->side == 5 && registers == 4) unfold_runs(c, s, 5, 4 * KITH_LANES, image, patches);
    else unfold_runs(c, s, c->side, s->run, image, patches);
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

/* Where the patches hold a pixel: at origin - k down - j across for the places (k, j) of a window that cover it. */
struct places {
    struct range k, j;
    size_t down, across;
};

/* dx <- the sum over all patches of what they hold of `registers` registers full of channels of one pixel. */
KITH_INLINE void gather_pixel(size_t registers, struct places p, const kith_real *origin, kith_real *dx)
{
    kith_lanes sum[4] = {{0}, {0}, {0}, {0}};
    for (size_t k = p.k.first; k < p.k.last; k++) {
        const kith_real *from = origin - k * p.down - p.j.first * p.across;
        for (size_t j = p.j.first; j < p.j.last; j++, from -= p.across) {
            for (size_t l = 0; l < registers; l++) sum[l] += KITH_READ(from + l * KITH_LANES);
        }
    }
    for (size_t l = 0; l < registers; l++) KITH_AT(dx + l * KITH_LANES) = sum[l];
}

/* A row of pixels, `registers` registers of each. */
KITH_INLINE void gather_row(const kith_conv *c, const struct sizes *s, size_t registers, struct range k, size_t h,
                            const kith_real *patches, kith_real *dx, size_t step)
{
    struct places p = {.k = k, .down = s->width * s->patch - s->run, .across = s->patch - c->channels};
    for (size_t w = c->pad; w < c->pad + c->width; w++, dx += step) {
        p.j = covering(w, c->side, s->width);
        gather_pixel(registers, p, patches + (h * s->width + w) * s->patch, dx);
    }
}

/* slots <- slots + what one row of the windows, from `patches` on, holds of a register of each pixel. The sums of the
 * pixels under a window stay in registers while it moves on. */
KITH_INLINE void slide(size_t side, const struct sizes *s, size_t channels, const kith_real *patches, kith_real *slots)
{
    kith_lanes held[5] = {{0}, {0}, {0}, {0}, {0}};
    for (size_t w = 0; w < s->width; w++, patches += s->patch, slots += KITH_LANES) {
        KITH_AT(slots) += held[0] + KITH_READ(patches);
        for (size_t j = 1; j + 1 < side; j++) held[j - 1] = held[j] + KITH_READ(patches + j * channels);
        held[side - 2] = KITH_READ(patches + (side - 1) * channels);
    }
    for (size_t j = 0; j + 1 < side; j++, slots += KITH_LANES) KITH_AT(slots) += held[j];
}

KITH_INLINE void slide_rows(size_t side, const kith_conv *c, const struct sizes *s, struct range k, size_t h,
                            const kith_real *patches, kith_real *slots)
{
    kith_clear((c->width + 2 * c->pad) * KITH_LANES, slots);
    for (size_t i = k.first; i < k.last; i++)
        slide(side, s, c->channels, patches + (h - i) * s->width * s->patch + i * s->run, slots);
}

/* slots <- one register of each pixel of row h. */
KITH_INLINE void sum_row(const kith_conv *c, const struct sizes *s, struct range k, size_t h, const kith_real *patches,
                         kith_real *slots)
{
    if (c->side == 5) slide_rows(5, c, s, k, h, patches, slots);
    else if (c->side == 3) slide_rows(3, c, s, k, h, patches, slots);
    else gather_row(c, s, 1, k, h, patches, slots + c->pad * KITH_LANES, KITH_LANES);
}

/* What is written beyond a pixel's channels the next one overwrites; `room` is left from dx on. */
static void put_row(const kith_conv *c, size_t n, const kith_real *slots, kith_real *dx, size_t room)
{
    const size_t step = c->channels, safe = room < KITH_LANES ? 0 : (room - KITH_LANES) / step + 1;
    size_t w = 0;
    for (; w < c->width && (w < safe || n == KITH_LANES); w++) KITH_AT(dx + w * step) = KITH_READ(slots + w * KITH_LANES);
    for (; w < c->width; w++) {
        for (size_t l = 0; l < n; l++) dx[w * step + l] = slots[w * KITH_LANES + l];
    }
}

/* dx <- the transpose of unfold, row by row, so that every pixel is written once: channels by the four registers, and
 * before them those left over, from the last on since they spill over. */
KITH_CLONES static void fold(const kith_conv *c, const struct sizes *s, const kith_real *patches, kith_real *slots,
                             kith_real *dx, size_t room)
{
    const size_t channels = c->channels, fours = channels / (4 * KITH_LANES) * 4 * KITH_LANES;
    const size_t rest = (channels - fours + KITH_LANES - 1) / KITH_LANES;
    for (size_t h = c->pad; h < c->pad + c->height; h++) {
        const struct range k = covering(h, c->side, s->height);
        for (size_t r = rest; r-- > 0;) {
            const size_t l = fours + r * KITH_LANES, n = channels - l < KITH_LANES ? channels - l : KITH_LANES;
            sum_row(c, s, k, h, patches + l, slots);
            put_row(c, n, slots + c->pad * KITH_LANES, dx + l, room - l);
        }
        for (size_t l = 0; l < fours; l += 4 * KITH_LANES) gather_row(c, s, 4, k, h, patches + l, dx + l, channels);
        dx += c->width * channels;
        room -= c->width * channels;
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
    const struct scratch at = cut(c, &s, scratch);
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
    const struct scratch at = cut(c, &s, scratch);
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
            fold(c, &s, at.patches + b * s.pixels * s.patch, at.slots, dx + (first + b) * features, (n - b) * features);
    }
}

/* Loops over three channels, known as three, become shuffles of whole registers. */
KITH_INLINE void interleave_all(size_t channels, size_t pixels, const kith_real *restrict planes, kith_real *restrict x)
{
    for (size_t p = 0; p < pixels; p++) {
        for (size_t c = 0; c < channels; c++) x[p * channels + c] = planes[c * pixels + p];
    }
}

KITH_CLONES static void interleave(size_t channels, size_t pixels, const kith_real *planes, kith_real *x)
{
    if (channels == 3) interleave_all(3, pixels, planes, x);
    else interleave_all(channels, pixels, planes, x);
}

void kith_interleave(size_t images, size_t channels, size_t pixels, const kith_real *planes, kith_real *x)
{
    const size_t features = channels * pixels;
    if (channels == 1) kith_copy(images * features, planes, x);
    else
        for (size_t b = 0; b < images; b++) interleave(channels, pixels, planes + b * features, x + b * features);
}

/* The inner loops of convolutions: sums over windows, straight from the images.
 *
 * Matrix products want patches written out, which takes as many stores as a thin product takes cycles, and then pack
 * them anew. Here a tile of neighbouring pixels times a panel of filters is summed in registers, and the numbers of a
 * patch are read where the image has them. On layers of 32 filters this made 28 floating-point operations a cycle where
 * BLIS, patches not counted, made 13 to 23 (Zen 3, whose most is 32).
 *
 * Bits: every entry is a sum in an order that depends on the layer alone. Products and sums are fused where the
 * processor can do so (kith_direct_arithmetic tells), which doubles the rate of most; so bits are those of a kind of
 * processor, as BLIS's are.
 */
#ifndef KITH_NN_DIRECT_H
#define KITH_NN_DIRECT_H

#include <kith/base.h>

/* Filters of a panel; where half of them or fewer are left, the panel is half as wide. */
#define KITH_PANEL (64 / sizeof(kith_real))

/* Where the windows over one image lie. Its rows may have margins, of zeros; above and below it there are none, and
 * what windows have there is left out. */
typedef struct kith_direct {
    size_t side, run;     /* a patch is `side` runs of `run` neighbouring reals */
    size_t row, step;     /* from one run to the next; from a patch to that of the next pixel */
    size_t rows, pad;     /* of the image; how far the first window begins above it */
    size_t height, width; /* in windows */
    size_t out;           /* reals of a pixel of y */
} kith_direct;

/* How wide the panel is that takes the first of `left` filters. */
size_t kith_direct_width(size_t left);
/* y <- for each window the products of its patch in x with `lanes` filters. The panel, (1 + side run,
 * kith_direct_width(lanes)) and zero beyond the lanes, begins with the bias. Later channels of a pixel and the first
 * ones of the next may be overwritten as well, though nothing from y + room on: panels are taken from the last to the
 * first, images from the first to the last. */
void kith_direct_product(const kith_direct *d, size_t lanes, const kith_real *x, const kith_real *panel, kith_real *y,
                         size_t room);
/* panel <- panel + the sum, over the windows of rows first..last-1, of their patch in x, a 1 before it, times the
 * `lanes` reals at the window's place in dy, whose rows are `dy_row` apart. kith_direct_width(lanes) reals are read
 * from each place on. */
void kith_direct_gradient(const kith_direct *d, size_t first, size_t last, size_t lanes, const kith_real *x,
                          const kith_real *dy, size_t dy_row, kith_real *panel);
/* "fused" or "rounded": what becomes of a product before it is added. */
const char *kith_direct_arithmetic(void);

#endif

#include "nn/direct.h"
#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* SLACK: what loops over whole registers read past an end. PIXELS: how many windows add to the weights' gradient before
 * the next panel's turn, so that what they look at is in the nearest cache. */
enum { SLACK = 16, PIXELS = 128 };

size_t kith_conv_extent(size_t extent, size_t side, size_t pad)
{
    return extent + 2 * pad - side + 1;
}

/* Filters, the last panel's empty places included. */
static size_t in_panels(size_t filters)
{
    const size_t half = KITH_PANEL / 2;
    return (filters + half - 1) / half * half;
}

struct sizes {
    size_t patch, turned; /* rows of a panel: 1 + side side C, 1 + side side O */
    size_t height, width; /* of an output image */
    size_t image;         /* reals of an image with margins at both sides */
    size_t rim, gradient; /* the margins of dy, under whose windows lies dx; reals of it with them */
};

static struct sizes sizes_of(const kith_conv *c)
{
    struct sizes s = {.patch = 1 + c->side * c->side * c->channels,
                      .turned = 1 + c->side * c->side * c->filters,
                      .height = kith_conv_extent(c->height, c->side, c->pad),
                      .width = kith_conv_extent(c->width, c->side, c->pad),
                      .rim = c->side - 1 - c->pad};
    s.image = c->height * (c->width + 2 * c->pad) * c->channels;
    s.gradient = s.height * (s.width + 2 * s.rim) * c->filters;
    return s;
}

/* What is cut up in the scratch memory. */
struct scratch {
    kith_real *image, *gradient; /* with their margins */
    kith_real *turned;           /* (1 + side side O, C): the weights as dy sees them, in panels */
    kith_real *panels;           /* (1 + side side C, O): bias and weights, or their gradient, in panels */
};

static struct scratch cut(const kith_conv *c, const struct sizes *s, kith_real *memory)
{
    struct scratch at = {.image = memory};
    at.gradient = at.image + s->image + SLACK;
    at.turned = at.gradient + s->gradient + SLACK;
    at.panels = at.turned + s->turned * in_panels(c->channels);
    return at;
}

size_t kith_conv_scratch(const kith_conv *c)
{
    const struct sizes s = sizes_of(c);
    return s.image + s.gradient + 2 * SLACK + s.turned * in_panels(c->channels) + s.patch * in_panels(c->filters);
}

/* A copy whose rows have margins of zeros, so that the loops over windows have no such borders to mind. */
static void with_margins(size_t height, size_t row, size_t margin, const kith_real *x, kith_real *image)
{
    for (size_t h = 0; h < height; h++, x += row, image += row + 2 * margin) {
        kith_clear(margin, image);
        kith_copy(row, x, image + margin);
        kith_clear(margin, image + margin + row);
    }
    kith_clear(SLACK, image);
}

/* Where to read an image: a copy if it needs margins. */
static const kith_real *image_of(const kith_conv *c, const kith_real *x, kith_real *copy)
{
    if (c->pad == 0) return x;
    with_margins(c->height, c->width * c->channels, c->pad * c->channels, x, copy);
    return copy;
}

/* Likewise dy, which is read in whole registers and so past its end: `behind` reals of other images may be. */
static const kith_real *gradient_of(const kith_conv *c, const struct sizes *s, size_t rim, size_t behind,
                                    const kith_real *dy, kith_real *copy)
{
    if (rim == 0 && (behind >= KITH_PANEL / 2 || c->filters % (KITH_PANEL / 2) == 0)) return dy;
    with_margins(s->height, s->width * c->filters, rim * c->filters, dy, copy);
    return copy;
}

static kith_direct windows_over(const kith_conv *c, const struct sizes *s)
{
    return (kith_direct){.side = c->side,
                         .run = c->side * c->channels,
                         .row = (c->width + 2 * c->pad) * c->channels,
                         .step = c->channels,
                         .rows = c->height,
                         .pad = c->pad,
                         .height = s->height,
                         .width = s->width,
                         .out = c->filters};
}

static kith_direct windows_over_gradient(const kith_conv *c, const struct sizes *s)
{
    return (kith_direct){.side = c->side,
                         .run = c->side * c->filters,
                         .row = (s->width + 2 * s->rim) * c->filters,
                         .step = c->filters,
                         .rows = s->height,
                         .pad = s->rim,
                         .height = c->height,
                         .width = c->width,
                         .out = c->channels};
}

static size_t lanes_of(size_t filters, size_t first)
{
    return filters - first < KITH_PANEL ? filters - first : KITH_PANEL;
}

/* (rows, n) reals; in `from` rows are `across` apart and columns `down`, in `to` rows are `step` apart. */
KITH_INLINE void copy_block(size_t rows, size_t n, size_t across, size_t down, size_t step,
                            const kith_real *restrict from, kith_real *restrict to)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t l = 0; l < n; l++)
            to[r * step + l] = from[r * across + l * down];
    }
}

/* A panel of which `lanes` columns are used. Loops of known length become registers. */
KITH_CLONES static void fill_panel(size_t rows, size_t lanes, size_t across, size_t down, const kith_real *from,
                                   kith_real *panel)
{
    const size_t width = kith_direct_width(lanes);
    if (lanes == KITH_PANEL && down == 1)
        copy_block(rows, KITH_PANEL, across, 1, KITH_PANEL, from, panel);
    else if (lanes == KITH_PANEL)
        copy_block(rows, KITH_PANEL, across, down, KITH_PANEL, from, panel);
    else {
        kith_clear(rows * width, panel);
        copy_block(rows, lanes, across, down, width, from, panel);
    }
}

/* Bias, or nothing, and weights (rows, O). */
static void to_panels(const kith_conv *c, size_t rows, const kith_real *w, const kith_real *bias, kith_real *panels)
{
    for (size_t f = 0; f < c->filters; f += KITH_PANEL) {
        const size_t lanes = lanes_of(c->filters, f), width = kith_direct_width(lanes);
        kith_real *panel = panels + (1 + rows) * f;
        if (bias)
            fill_panel(1, lanes, lanes, 1, bias + f, panel);
        else
            kith_clear(width, panel);
        fill_panel(rows, lanes, c->filters, 1, w + f, panel + width);
    }
}

KITH_CLONES static void empty_panel(size_t rows, size_t lanes, size_t across, const kith_real *panel, kith_real *w)
{
    if (lanes == KITH_PANEL)
        copy_block(rows, KITH_PANEL, KITH_PANEL, 1, across, panel, w);
    else
        copy_block(rows, lanes, kith_direct_width(lanes), 1, across, panel, w);
}

static void from_panels(const kith_conv *c, size_t rows, const kith_real *panels, kith_real *w, kith_real *bias)
{
    for (size_t f = 0; f < c->filters; f += KITH_PANEL) {
        const size_t lanes = lanes_of(c->filters, f), width = kith_direct_width(lanes);
        const kith_real *panel = panels + (1 + rows) * f;
        if (bias) kith_copy(lanes, panel, bias + f);
        empty_panel(rows, lanes, c->filters, panel + width, w + f);
    }
}

/* Filters become channels, and windows are turned by half a circle. */
static void turn(const kith_conv *c, const kith_real *w, kith_real *panels)
{
    const size_t filters = c->filters;
    for (size_t first = 0; first < c->channels; first += KITH_PANEL) {
        const size_t lanes = lanes_of(c->channels, first), width = kith_direct_width(lanes);
        kith_clear(width, panels);
        panels += width;
        for (size_t place = c->side * c->side; place-- > 0; panels += filters * width)
            fill_panel(filters, lanes, 1, filters, w + (place * c->channels + first) * filters, panels);
    }
}

/* All of y's channels; `room`: reals from y on. */
static void products(const kith_direct *d, const kith_real *x, const kith_real *panels, kith_real *y, size_t room)
{
    const size_t rows = 1 + d->side * d->run;
    for (size_t p = (d->out + KITH_PANEL - 1) / KITH_PANEL; p-- > 0;) {
        const size_t first = p * KITH_PANEL;
        kith_direct_product(d, lanes_of(d->out, first), x, panels + rows * first, y + first, room - first);
    }
}

void kith_conv_forward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w, const kith_real *bias,
                       kith_real *scratch, kith_real *y)
{
    const struct sizes s = sizes_of(c);
    const struct scratch at = cut(c, &s, scratch);
    const kith_direct d = windows_over(c, &s);
    const size_t features = c->height * c->width * c->channels, out = s.height * s.width * c->filters;
    to_panels(c, s.patch - 1, w, bias, at.panels);
    for (size_t b = 0; b < images; b++)
        products(&d, image_of(c, x + b * features, at.image), at.panels, y + b * out, (images - b) * out);
}

/* Adds one image's part, `dy_row` apart the rows of dy. */
static void weights_gradient(const kith_conv *c, const struct sizes *s, const kith_real *x, const kith_real *dy,
                             size_t dy_row, kith_real *panels)
{
    const kith_direct d = windows_over(c, s);
    const size_t most = (PIXELS + s->width - 1) / s->width;
    for (size_t h = 0; h < s->height; h += most) {
        const size_t last = s->height - h < most ? s->height : h + most;
        for (size_t f = 0; f < c->filters; f += KITH_PANEL)
            kith_direct_gradient(&d, h, last, lanes_of(c->filters, f), x, dy + f, dy_row, panels + s->patch * f);
    }
}

void kith_conv_backward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w, const kith_real *dy,
                        kith_real *scratch, kith_real *gw, kith_real *gbias, kith_real *dx)
{
    const struct sizes s = sizes_of(c);
    const struct scratch at = cut(c, &s, scratch);
    const kith_direct back = windows_over_gradient(c, &s);
    const size_t features = c->height * c->width * c->channels, out = s.height * s.width * c->filters;
    const size_t rim = dx ? s.rim : 0, dy_row = (s.width + 2 * rim) * c->filters;
    kith_clear(s.patch * in_panels(c->filters), at.panels);
    if (dx) turn(c, w, at.turned);
    for (size_t b = 0; b < images; b++) {
        const kith_real *g = gradient_of(c, &s, rim, (images - b - 1) * out, dy + b * out, at.gradient);
        weights_gradient(c, &s, image_of(c, x + b * features, at.image), g + rim * c->filters, dy_row, at.panels);
        if (dx) products(&back, g, at.turned, dx + b * features, (images - b) * features);
    }
    from_panels(c, s.patch - 1, at.panels, gw, gbias);
}

/* Loops over three channels, known as three, become shuffles of whole registers. */
KITH_INLINE void interleave_all(size_t channels, size_t pixels, const kith_real *restrict planes, kith_real *restrict x)
{
    for (size_t p = 0; p < pixels; p++) {
        for (size_t c = 0; c < channels; c++)
            x[p * channels + c] = planes[c * pixels + p];
    }
}

KITH_CLONES static void interleave(size_t channels, size_t pixels, const kith_real *planes, kith_real *x)
{
    if (channels == 3)
        interleave_all(3, pixels, planes, x);
    else
        interleave_all(channels, pixels, planes, x);
}

void kith_interleave(size_t images, size_t channels, size_t pixels, const kith_real *planes, kith_real *x)
{
    const size_t features = channels * pixels;
    if (channels == 1)
        kith_copy(images * features, planes, x);
    else
        for (size_t b = 0; b < images; b++)
            interleave(channels, pixels, planes + b * features, x + b * features);
}

/* Ten classes of drawn signs, made from the seed: a data set that is always there. An example is its class's strokes,
 * each a quadratic Bezier curve, with jittered control points, under a random shift, turn, shear and stretch, drawn
 * with a pen of random width; then stray strokes, a hidden patch, random contrast, and noise.
 *
 * It is made to order models: with the defaults a linear classifier, a perceptron with one hidden layer, and a small
 * convolutional network come out clearly apart.
 *
 * Example e of a split is a pure function of (seed, split, e) and the parameters; its class is e mod 10.
 */
#include <kith/dataset.h>
#include <kith/random.h>

#include <math.h>
#include <string.h>

typedef struct glyphs_config {
    int64_t size, examples[2];
    double noise, clutter, distortion;
} glyphs_config;

typedef struct glyphs {
    glyphs_config how;
    uint64_t seed;
    float *cover; /* (size, size) scratch: ink per pixel, 0 to 1 */
} glyphs;

static const kith_param params[] = {
    {"size", KITH_TYPE_INT, 0, offsetof(glyphs_config, size), "28", "8..512", "pixels", "height and width of an image"},
    {"train", KITH_TYPE_INT, 0, offsetof(glyphs_config, examples[KITH_TRAIN]), "10000", "1..4000000000", "examples",
     "how many to train on"},
    {"test", KITH_TYPE_INT, 0, offsetof(glyphs_config, examples[KITH_TEST]), "2000", "0..4000000000", "examples",
     "how many to test on"},
    {"noise", KITH_TYPE_REAL, 0, offsetof(glyphs_config, noise), "0.12", "[0,10]", "",
     "standard deviation of a pixel's noise, where black to white is 1"},
    {"clutter", KITH_TYPE_REAL, 0, offsetof(glyphs_config, clutter), "1", "[0,100]", "strokes",
     "mean number of short stray strokes; with more than 0 half of the images have a hidden patch, too"},
    {"distortion", KITH_TYPE_REAL, 0, offsetof(glyphs_config, distortion), "1", "[0,3]", "",
     "how strongly signs are shifted, turned, sheared, stretched and jittered; 0 draws all of a class alike"},
};

typedef struct point {
    float x, y;
} point;

/* From a to b, bent towards the control point c; c in the middle makes it straight. */
typedef struct stroke {
    point a, c, b;
} stroke;

enum { CLASSES = 10, MOST_STROKES = 4, PIECES = 6 };

/* clang-format off */
#define LINE(ax, ay, bx, by) {{ax, ay}, {((ax) + (bx)) / 2, ((ay) + (by)) / 2}, {bx, by}}
#define BEND(ax, ay, cx, cy, bx, by) {{ax, ay}, {cx, cy}, {bx, by}}
/* clang-format on */

/* Neighbours differ by one feature, so that where ink lies on average says little. Within [-1, 1], y downwards. */
static const struct sign {
    size_t strokes;
    stroke stroke[MOST_STROKES];
} signs[CLASSES] = {
    /* closed bowl; open above; open below */
    {4,
     {BEND(0, -.9f, .9f, -.9f, .9f, 0), BEND(.9f, 0, .9f, .9f, 0, .9f), BEND(0, .9f, -.9f, .9f, -.9f, 0),
      BEND(-.9f, 0, -.9f, -.9f, 0, -.9f)}},
    {3, {BEND(.9f, -.6f, 1, .9f, 0, .9f), BEND(0, .9f, -1, .9f, -.9f, -.6f), LINE(0, -.9f, 0, .1f)}},
    {3, {BEND(.9f, .6f, 1, -.9f, 0, -.9f), BEND(0, -.9f, -1, -.9f, -.9f, .6f), LINE(0, .9f, 0, -.1f)}},
    /* a wave and its mirror image */
    {2, {BEND(.8f, -.9f, -1.4f, -.7f, 0, 0), BEND(0, 0, 1.4f, .7f, -.8f, .9f)}},
    {2, {BEND(-.8f, -.9f, 1.4f, -.7f, 0, 0), BEND(0, 0, -1.4f, .7f, .8f, .9f)}},
    /* zigzags, both ways round */
    {3, {LINE(-.8f, .9f, -.7f, -.9f), LINE(-.7f, -.9f, .7f, .9f), LINE(.7f, .9f, .8f, -.9f)}},
    {3, {LINE(-.8f, -.9f, -.7f, .9f), LINE(-.7f, .9f, .7f, -.9f), LINE(.7f, -.9f, .8f, .9f)}},
    /* a cross with a bar below; with a bar above; with none */
    {3, {LINE(-.7f, -.8f, .7f, .4f), LINE(.7f, -.8f, -.7f, .4f), LINE(-.8f, .8f, .8f, .8f)}},
    {3, {LINE(-.7f, .8f, .7f, -.4f), LINE(.7f, .8f, -.7f, -.4f), LINE(-.8f, -.8f, .8f, -.8f)}},
    {2, {LINE(-.8f, -.8f, .8f, .8f), LINE(.8f, -.8f, -.8f, .8f)}},
};

/* x' = m x + t, from the sign's coordinates to pixels. */
typedef struct placing {
    float m[4];
    point t;
} placing;

static float between(kith_stream *s, float low, float high)
{
    return low + (high - low) * (float)kith_draw_uniform(s);
}

/* Mean 0 and standard deviation 1 from one word: the sum of its four bytes is bell-shaped enough for noise. */
static float bell(uint32_t word)
{
    const uint32_t sum = (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24);
    return ((float)sum - 510.0f) * (1.0f / 147.8f);
}

static placing draw_placing(kith_stream *s, float size, float strength)
{
    const float turn = between(s, -.35f, .35f) * strength, shear = between(s, -.25f, .25f) * strength;
    const float wide = size * (.31f + between(s, -.09f, .06f) * strength);
    const float high = size * (.31f + between(s, -.09f, .06f) * strength);
    const float reach = .13f * size * strength;
    const float c = cosf(turn), n = sinf(turn);
    placing p;
    p.m[0] = c * wide;
    p.m[1] = (c * shear - n) * high;
    p.m[2] = n * wide;
    p.m[3] = (n * shear + c) * high;
    p.t.x = size / 2 + between(s, -reach, reach);
    p.t.y = size / 2 + between(s, -reach, reach);
    return p;
}

static point place(const placing *p, point at)
{
    return (point){p->m[0] * at.x + p->m[1] * at.y + p->t.x, p->m[2] * at.x + p->m[3] * at.y + p->t.y};
}

static point jitter(kith_stream *s, point at, float by)
{
    const float x = bell(kith_draw_u32(s)), y = bell(kith_draw_u32(s));
    return (point){at.x + by * x, at.y + by * y};
}

static int clamp(float at, int low, int high)
{
    return at <= (float)low ? low : at >= (float)high ? high : (int)at;
}

/* Inks the pixels within `pen` of the line from a to b; edges fade over one pixel. */
static void draw_piece(float *cover, int size, point a, point b, float pen, float ink)
{
    const float margin = pen + 1.0f, dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const float invert = length2 > 0.0f ? 1.0f / length2 : 0.0f;
    const int left = clamp(fminf(a.x, b.x) - margin, 0, size), right = clamp(fmaxf(a.x, b.x) + margin + 1, 0, size);
    const int top = clamp(fminf(a.y, b.y) - margin, 0, size), bottom = clamp(fmaxf(a.y, b.y) + margin + 1, 0, size);
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            const float px = (float)x + .5f - a.x, py = (float)y + .5f - a.y;
            const float along = fminf(fmaxf((px * dx + py * dy) * invert, 0.0f), 1.0f);
            const float ex = px - along * dx, ey = py - along * dy;
            const float value = ink * fminf(fmaxf(pen + .5f - sqrtf(ex * ex + ey * ey), 0.0f), 1.0f);
            if (value > cover[y * size + x]) cover[y * size + x] = value;
        }
    }
}

static void draw_stroke(float *cover, int size, const stroke *curve, float pen, float ink)
{
    point from = curve->a;
    for (int k = 1; k <= PIECES; k++) {
        const float t = (float)k / PIECES, u = 1.0f - t;
        const point to = {u * u * curve->a.x + 2 * u * t * curve->c.x + t * t * curve->b.x,
                          u * u * curve->a.y + 2 * u * t * curve->c.y + t * t * curve->b.y};
        draw_piece(cover, size, from, to, pen, ink);
        from = to;
    }
}

static void draw_sign(kith_stream *s, const glyphs *g, size_t class, float pen)
{
    const int size = (int)g->how.size;
    const float strength = (float)g->how.distortion, shake = .07f * strength;
    const placing where = draw_placing(s, (float)size, strength);
    for (size_t k = 0; k < signs[class].strokes; k++) {
        stroke curve = signs[class].stroke[k];
        curve.a = place(&where, jitter(s, curve.a, shake));
        curve.c = place(&where, jitter(s, curve.c, shake));
        curve.b = place(&where, jitter(s, curve.b, shake));
        draw_stroke(g->cover, size, &curve, pen, 1.0f);
    }
}

/* A patch without ink, up to a quarter of the image wide. */
static void hide_patch(kith_stream *s, const glyphs *g)
{
    const size_t size = (size_t)g->how.size, side = size / 8 + kith_draw_below(s, size / 8 + 1);
    const size_t left = kith_draw_below(s, size - side + 1), top = kith_draw_below(s, size - side + 1);
    for (size_t y = top; y < top + side; y++)
        memset(g->cover + y * size + left, 0, side * sizeof *g->cover);
}

static void draw_clutter(kith_stream *s, const glyphs *g, float pen)
{
    const float size = (float)g->how.size, reach = .2f * size;
    if (g->how.clutter <= 0.0) return;
    if (kith_draw_uniform(s) < .5) hide_patch(s, g);
    for (double left = g->how.clutter * kith_draw_exponential(s); left >= .5; left -= 1.0) {
        const point a = {between(s, 0, size), between(s, 0, size)};
        const point b = {a.x + between(s, -reach, reach), a.y + between(s, -reach, reach)};
        draw_piece(g->cover, (int)g->how.size, a, b, pen, between(s, .4f, 1.0f));
    }
}

static void develop(kith_stream *s, const glyphs *g, uint8_t *out)
{
    const size_t pixels = (size_t)g->how.size * (size_t)g->how.size;
    const float ground = between(s, 0.0f, .25f), ink = between(s, .55f, 1.0f), noise = (float)g->how.noise;
    for (size_t k = 0; k < pixels; k++) {
        const float grey = ground + (ink - ground) * g->cover[k] + noise * bell(kith_draw_u32(s));
        out[k] = (uint8_t)(255.0f * fminf(fmaxf(grey, 0.0f), 1.0f) + .5f);
    }
}

static void draw_example(const glyphs *g, kith_split split, size_t example, uint8_t *out)
{
    kith_stream s = kith_stream_at(g->seed, KITH_FOR_DATA, split, example);
    const size_t pixels = (size_t)g->how.size * (size_t)g->how.size;
    const float pen = (float)g->how.size / 28.0f * between(&s, .6f, 1.3f);
    memset(g->cover, 0, pixels * sizeof *g->cover);
    draw_sign(&s, g, example % CLASSES, pen);
    draw_clutter(&s, g, pen);
    develop(&s, g, out);
}

static kith_status glyphs_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const glyphs_config *how = config;
    glyphs *g = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "glyphs", 1, &g));
    g->how = *how;
    g->seed = setting->seed;
    const kith_status status = KITH_ALLOC(ctx, "glyphs' image", (size_t)(how->size * how->size), &g->cover);
    if (status == KITH_OK)
        *self = g;
    else
        kith_free(g);
    return status;
}

static void glyphs_destroy(void *self)
{
    glyphs *g = self;
    kith_free(g->cover);
    kith_free(g);
}

static kith_status glyphs_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    const glyphs *g = self;
    const size_t size = (size_t)g->how.size;
    (void)ctx;
    *info = (kith_dataset_info){
        .shape = {.features = size * size, .channels = 1, .height = size, .width = size, .classes = CLASSES},
        .store = KITH_STORE_U8,
        .examples = {(size_t)g->how.examples[KITH_TRAIN], (size_t)g->how.examples[KITH_TEST]}};
    return KITH_OK;
}

static kith_status glyphs_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                               kith_real *targets)
{
    (void)targets;
    const glyphs *g = self;
    const size_t count = (size_t)g->how.examples[split], pixels = (size_t)g->how.size * (size_t)g->how.size;
    uint8_t *image = features;
    (void)ctx;
    for (size_t e = 0; e < count; e++, image += pixels) {
        draw_example(g, split, e, image);
        labels[e] = (int32_t)(e % CLASSES);
    }
    return KITH_OK;
}

static const kith_dataset ops = {.describe = glyphs_describe, .load = glyphs_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(glyphs_config, params),
    .id = "glyphs",
    .version = "1.0",
    .summary = "ten classes of drawn signs, made from the seed; needs no files",
    .reference = "",
    .create = glyphs_create,
    .destroy = glyphs_destroy,
    KITH_PLUGIN_OPS(ops),
};

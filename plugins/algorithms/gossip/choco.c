/* CHOCO-SGD (Koloskova, Stich, Jaggi 2019, arXiv 1902.00340, Algorithm 2): learners send what a compressor leaves of
 * the difference between their model x and the copy x_hat that all their neighbours hold:
 *     q = Q(x - x_hat);  x_hat <- x_hat + q;  x <- x + gamma sum_j W_ij (x_hat_j - x_hat_i)
 */
#include <kith/kith.h>

#include <math.h>

enum { MODEL = 0, PUBLIC, MIXTURE };
enum { NONE = 0, TOP_K, RANDOM_K, QSGD, SIGN };

typedef struct config {
    double gamma, share;
    int compressor;
    int64_t levels;
} config;

static const kith_param params[] = {
    {"gamma", KITH_TYPE_REAL, 0, offsetof(config, gamma), "0.5", "(0,1]", "",
     "The consensus step: how far models move towards their neighbours'; less for stronger compression."},
    {"compressor", KITH_TYPE_CHOICE, 0, offsetof(config, compressor), "top-k", "none|top-k|random-k|qsgd|sign", "",
     "What is sent of a difference: all, its largest coordinates, random ones, random rounding, or signs."},
    {"share", KITH_TYPE_REAL, 0, offsetof(config, share), "0.01", "(0,1]", "",
     "The share of the coordinates that are sent (top-k, random-k)."},
    {"levels", KITH_TYPE_INT, 0, offsetof(config, levels), "15", "1..65535", "",
     "How many levels magnitudes are rounded to (qsgd)."},
};

typedef struct choco {
    config how;
    uint64_t seed;
    size_t kept; /* coordinates that are sent: k */
} choco;

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    choco *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "choco", 1, &c));
    c->how = *(const config *)config_;
    c->seed = setting->seed;
    c->kept = (size_t)ceil(c->how.share * (double)setting->dimension);
    *self = c;
    return KITH_OK;
}

static void swap(kith_real *a, kith_real *b)
{
    const kith_real held = *a;
    *a = *b;
    *b = held;
}

/* The k-th largest of a[0..n-1], k >= 1, which are put in another order (Hoare 1961). */
static kith_real select_largest(kith_real *a, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1;
    const size_t wanted = k - 1;
    while (lo < hi) {
        const kith_real pivot = a[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        for (;;) {
            while (a[i] > pivot)
                i++;
            while (a[j] < pivot)
                j--;
            if (i >= j) break;
            swap(&a[i++], &a[j--]);
        }
        /* a[lo..j] >= pivot >= a[j+1..hi] */
        if (i == j && a[i] < pivot) j--;
        if (wanted <= j) {
            hi = j;
        } else {
            lo = j + 1;
        }
    }
    return a[wanted];
}

/* x_hat takes over the k coordinates in which it differs most from x; of equals, those that come first. */
static double top_k(const choco *c, kith_visit *v)
{
    const kith_real *x = v->own[MODEL];
    kith_real *hat = v->own[PUBLIC], *size = v->work;
    for (size_t i = 0; i < v->dimension; i++)
        size[i] = (kith_real)fabs((double)(x[i] - hat[i]));
    const kith_real least = select_largest(size, v->dimension, c->kept);
    size_t ties = c->kept;
    for (size_t i = 0; i < v->dimension; i++)
        ties -= (kith_real)fabs((double)(x[i] - hat[i])) > least;
    for (size_t i = 0; i < v->dimension; i++) {
        const kith_real move = x[i] - hat[i], much = (kith_real)fabs((double)move);
        if (much < least || (much == least && ties == 0)) continue;
        if (much == least) ties--;
        hat[i] += move;
    }
    return (double)c->kept * (sizeof(kith_real) + sizeof(uint32_t));
}

/* k coordinates without replacement (Vitter 1984's selection sampling); neighbours draw the same ones, so only values
 * travel. */
static double random_k(const choco *c, kith_visit *v, kith_stream *stream)
{
    const kith_real *x = v->own[MODEL];
    kith_real *hat = v->own[PUBLIC];
    size_t left = c->kept;
    for (size_t i = 0; i < v->dimension && left; i++) {
        if (kith_draw_below(stream, v->dimension - i) >= left) continue;
        hat[i] += x[i] - hat[i];
        left--;
    }
    return (double)c->kept * sizeof(kith_real);
}

/* Random rounding to s levels of the norm (Alistarh et al. 2017, arXiv 1610.02132), divided by 1 + min(d/s^2,
 * sqrt(d)/s), which makes it a contraction. A sign and a level for each coordinate, and the norm. */
static double qsgd(const choco *c, kith_visit *v, kith_stream *stream)
{
    const kith_real *x = v->own[MODEL];
    kith_real *hat = v->own[PUBLIC];
    const double d = (double)v->dimension, s = (double)c->how.levels, norm = sqrt(kith_distance2(v->dimension, x, hat));
    const double tau = 1.0 + fmin(d / (s * s), sqrt(d) / s);
    for (size_t i = 0; i < v->dimension && norm > 0.0; i++) {
        const double move = (double)x[i] - (double)hat[i];
        const double level = floor(s * fabs(move) / norm + kith_draw_uniform(stream));
        hat[i] += (kith_real)copysign(norm * level / (s * tau), move);
    }
    return ceil(d * (1.0 + ceil(log2(s + 1.0))) / 8.0) + sizeof(kith_real);
}

/* Every coordinate moves by the mean size of a move. */
static double sign(kith_visit *v)
{
    const kith_real *x = v->own[MODEL];
    kith_real *hat = v->own[PUBLIC];
    double sum = 0.0;
    for (size_t i = 0; i < v->dimension; i++)
        sum += fabs((double)x[i] - (double)hat[i]);
    const double mean = sum / (double)v->dimension;
    for (size_t i = 0; i < v->dimension; i++) {
        const double move = (double)x[i] - (double)hat[i];
        if (move != 0.0) hat[i] += (kith_real)copysign(mean, move);
    }
    return ceil((double)v->dimension / 8.0) + sizeof(kith_real);
}

static kith_status local(void *self, kith_visit *v)
{
    const choco *c = self;
    kith_stream stream = kith_stream_at(c->seed, KITH_FOR_PLUGIN, v->learner, v->round);
    KITH_TRY(kith_visit_sgd(v, NULL, v->own[MODEL], NULL));
    switch (c->how.compressor) {
    case TOP_K:
        v->bytes = top_k(c, v);
        break;
    case RANDOM_K:
        v->bytes = random_k(c, v, &stream);
        break;
    case QSGD:
        v->bytes = qsgd(c, v, &stream);
        break;
    case SIGN:
        v->bytes = sign(v);
        break;
    default:
        kith_copy(v->dimension, v->own[MODEL], v->own[PUBLIC]);
        break;
    }
    return KITH_OK;
}

/* W's rows sum to 1, so sum_j W_ij (x_hat_j - x_hat_i) is the mixture less x_hat_i. */
static kith_status mixed(void *self, kith_visit *v)
{
    const kith_real gamma = (kith_real)((const choco *)self)->how.gamma;
    const kith_real *mixture = v->own[MIXTURE], *hat = v->own[PUBLIC];
    kith_real *x = v->own[MODEL];
    for (size_t i = 0; i < v->dimension; i++)
        x[i] += gamma * (mixture[i] - hat[i]);
    return KITH_OK;
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_PRIVATE},
    {.name = "public", .access = KITH_MIXED, .into = "mixture"},
    {.name = "mixture", .access = KITH_PRIVATE},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs =
        KITH_STATIC | KITH_CONNECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_LOSSLESS,
    .uses = KITH_USES_OPTIMIZER | KITH_USES_COMPRESSION,
    .local = local,
    .mixed = mixed,
};

static const char details[] =
    "Conventions\n"
    "  Public copies begin at 0, so the first round sends the compressed model itself. They are mixed as they are\n"
    "  after the round's local steps; x moves by gamma (W x_hat - x_hat), where W counts the learner's own copy.\n"
    "  top-k     sends k = ceil(share d) values with positions of 4 bytes; of equal ones the first.\n"
    "  random-k  sends k values without positions, which follow from the seed; not scaled by d / k.\n"
    "  qsgd      sends sign and level of each coordinate, and the norm; divided by 1 + min(d / s^2, sqrt(d) / s).\n"
    "  sign      sends a bit for each coordinate, and their mean magnitude.\n";

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "choco",
    .version = "1.0",
    .summary = "CHOCO-SGD: gossip with compressed differences",
    .reference = "arXiv 1902.00340",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
    .details = details,
};

/* CHOCO-SGD (Koloskova, Stich, Jaggi 2019, arXiv 1902.00340, Algorithm 2): learners send what a compressor leaves of
 * the difference between their model x and the copy x_hat that all their neighbours hold:
 *     q = Q(x - x_hat);  x_hat <- x_hat + q;  x <- x + gamma sum_j W_ij (x_hat_j - x_hat_i)
 * It is proved for contractions Q.
 */
#include <kith/kith.h>

#include <math.h>

enum { MODEL = 0, PUBLIC, MIXTURE };

typedef struct config {
    double gamma;
    const char *compressor;
} config;

static const kith_param params[] = {
    {"gamma", KITH_TYPE_REAL, 0, offsetof(config, gamma), "0.5", "(0,1]", "",
     "The consensus step: how far models move towards their neighbours'; less for stronger compression."},
    {"compressor", KITH_TYPE_STRING, 0, offsetof(config, compressor), "top-k(share=0.01)", "", "",
     "The filter that differences pass, as rand-k(share=0.1, scale=contraction) or qsgd(levels=15, "
     "scale=contraction); empty: all is sent."},
};

typedef struct choco {
    double gamma;
    uint64_t seed;
    kith_inner_filter *compressor; /* NULL: none */
    void (*close)(kith_inner_filter *compressor);
    kith_real *work; /* (d) of the compressor */
} choco;

static void destroy(void *self)
{
    choco *c = self;
    if (c->close) c->close(c->compressor);
    kith_free(c->work);
    kith_free(c);
}

static kith_status open_compressor(kith_ctx *ctx, const config *config_, const kith_setting *setting, choco *c)
{
    const kith_opener *opener = setting->opener;
    if (!*config_->compressor) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "choco", setting->dimension, &c->work));
    KITH_TRY(opener->open_filter(ctx, "choco.compressor", setting, config_->compressor, &c->compressor));
    c->close = opener->close_filter;
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    choco *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "choco", 1, &c));
    c->gamma = ((const config *)config_)->gamma;
    c->seed = setting->seed;
    const kith_status status = open_compressor(ctx, config_, setting, c);
    if (status != KITH_OK) {
        destroy(c);
        return status;
    }
    *self = c;
    return KITH_OK;
}

static kith_status compress(const choco *c, kith_visit *v, kith_real *difference)
{
    const kith_filter *ops = c->compressor->ops;
    kith_outgoing m = {.ctx = v->ctx,
                       .dimension = v->dimension,
                       .learner = v->learner,
                       .round = v->round,
                       .version = v->version,
                       .number = v->number,
                       .bound = (double)INFINITY,
                       .vector = difference,
                       .work = c->work,
                       .stream = kith_stream_at(c->seed, KITH_FOR_PLUGIN, v->learner, v->round)};
    if (ops->bytes) v->bytes = ops->bytes(c->compressor->self, v->dimension, v->bytes);
    return ops->send(c->compressor->self, &m);
}

static kith_status local(void *self, kith_visit *v)
{
    const choco *c = self;
    kith_real *x = v->own[MODEL], *hat = v->own[PUBLIC];
    KITH_TRY(kith_visit_sgd(v, NULL, x, NULL));
    if (!c->compressor) {
        kith_copy(v->dimension, x, hat);
        return KITH_OK;
    }
    kith_subtract(v->dimension, x, hat, v->work);
    KITH_TRY(compress(c, v, v->work));
    kith_axpy(v->dimension, 1, v->work, hat);
    return KITH_OK;
}

/* W's rows sum to 1, so sum_j W_ij (x_hat_j - x_hat_i) is the mixture less x_hat_i. */
static kith_status mixed(void *self, kith_visit *v)
{
    const kith_real gamma = (kith_real)((const choco *)self)->gamma;
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
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
    .details = details,
};

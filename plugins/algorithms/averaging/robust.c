/* Federated averaging in which the mean gives way to a rule that some wrong messages cannot move far.
 *
 * Letters: m messages, f of them assumed to be wrong, d dimension. */
#include "averaging.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef enum rule { MEDIAN = 0, TRIMMED_MEAN, KRUM, GEOMETRIC_MEDIAN } rule;

typedef struct config {
    int rule, weights;
    double server_lr, trim, smoothing;
    int64_t faulty, chosen, iterations;
} config;

/* Scratch grows to the most messages that a step had; each worker has its own. */
typedef struct robust {
    config how;
    bool trims; /* a step with all its messages leaves some out */
    size_t room;
    kith_real *column;   /* [m] */
    double *score, *gap; /* [m] */
    uint32_t *order;     /* [m] */
    uint64_t judged;     /* krum: order is that of round judged - 1; every block of a round has the same */
    kith_real *centre;   /* [KITH_BLOCK] */
} robust;

static const kith_param params[] = {
    {"rule", KITH_TYPE_CHOICE, 0, offsetof(config, rule), "median", "median|trimmed-mean|krum|geometric-median", "",
     "How the clients' updates become one: coordinate by coordinate, by distances to each other, or by distances to "
     "their centre."},
    AVERAGING_SERVER_LR(config),
    {"trim", KITH_TYPE_REAL, "rule = trimmed-mean", offsetof(config, trim), "0.2", "[0,0.5)", "",
     "trimmed-mean: which share of the messages is left out at either end, in each coordinate; rounded down."},
    {"faulty", KITH_TYPE_INT, "rule = krum", offsetof(config, faulty), "2", "0..1000000", "messages",
     "krum: f, how many may be wrong; a message is judged by its m - f - 2 nearest ones, and m >= 2 f + 3."},
    {"chosen", KITH_TYPE_INT, "rule = krum", offsetof(config, chosen), "1", "1..1000000", "messages",
     "krum: the mean of so many, those that are judged best, is taken; 1: Krum, more: Multi-Krum."},
    {"iterations", KITH_TYPE_INT, "rule = geometric-median", offsetof(config, iterations), "3", "1..100", "",
     "geometric-median: steps of Weiszfeld's algorithm in a round."},
    {"smoothing", KITH_TYPE_REAL, "rule = geometric-median", offsetof(config, smoothing), "1e-6", "(0,inf)", "",
     "geometric-median: nu, the least distance that counts."},
    {"weights", KITH_TYPE_CHOICE, "rule = geometric-median", offsetof(config, weights), "examples", "examples|equal",
     "",
     "geometric-median: clients weigh by their examples, as in the paper, or alike; of clients that claim many "
     "examples, few may be wrong."},
};

static void destroy(void *self)
{
    robust *s = self;
    kith_free(s->column);
    kith_free(s->score);
    kith_free(s->gap);
    kith_free(s->order);
    kith_free(s->centre);
    kith_free(s);
}

/* Of m messages, whether there are as many as Krum's guarantee needs: 2 f + 2 < m (Proposition 2 of the paper). */
static bool suffices(const config *c, size_t m)
{
    return c->rule != KRUM || (m >= 2 * (size_t)c->faulty + 3 && m >= (size_t)c->chosen);
}

/* How many of m messages a trimmed mean leaves out at either end. */
static size_t trimmed(double trim, size_t m)
{
    const size_t most = (m - 1) / 2;
    /* 0.29 of 100 are 29, though the nearest double to 0.29 lies below it */
    const size_t out = (size_t)(trim * (double)m * (1.0 + 4.0 * DBL_EPSILON));
    return out < most ? out : most;
}

/* Whether a trimmed mean of m messages is a plain mean, though it was not told to be one. */
static bool trims_nothing(const config *c, size_t m)
{
    return c->rule == TRIMMED_MEAN && c->trim > 0.0 && !trimmed(c->trim, m);
}

static kith_status check_arrivals(kith_ctx *ctx, const config *c, const kith_setting *setting)
{
    const size_t most = setting->arrivals;
    if (most && trims_nothing(c, most))
        kith_note(ctx,
                  "robust: trim = %g of at most %zu messages is less than one, so that nothing is left out and the "
                  "rule is the mean; raise robust.trim or participation.arrivals",
                  c->trim, most);
    if (!most || suffices(c, most)) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG,
                     "robust: krum needs 2 f + 3 = %zu messages and takes %zu, and a step has at most %zu of them; "
                     "raise participation.arrivals, or lower robust.faulty and robust.chosen",
                     2 * (size_t)c->faulty + 3, (size_t)c->chosen, most);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    robust *s = NULL;
    KITH_TRY(check_arrivals(ctx, config_, setting));
    KITH_TRY(KITH_ALLOC(ctx, "robust", 1, &s));
    s->how = *(const config *)config_;
    s->trims = setting->arrivals && !trims_nothing(&s->how, setting->arrivals);
    const kith_status status = KITH_ALLOC(ctx, "robust", KITH_BLOCK, &s->centre);
    if (status != KITH_OK) {
        destroy(s);
        return status;
    }
    *self = s;
    return KITH_OK;
}

static kith_status make_room(kith_ctx *ctx, robust *s, size_t m)
{
    if (m <= s->room) return KITH_OK;
    kith_free(s->column);
    kith_free(s->score);
    kith_free(s->gap);
    kith_free(s->order);
    s->column = NULL;
    s->score = s->gap = NULL;
    s->order = NULL;
    s->room = 0;
    KITH_TRY(KITH_ALLOC(ctx, "robust", m, &s->column));
    KITH_TRY(KITH_ALLOC(ctx, "robust", m, &s->score));
    KITH_TRY(KITH_ALLOC(ctx, "robust", m, &s->gap));
    KITH_TRY(KITH_ALLOC(ctx, "robust", m, &s->order));
    s->room = m;
    return KITH_OK;
}

/* A number that is none has no place in an order, so a rule might keep it where a mean would show it. */
static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    KITH_TRY(averaging_client(v, NULL));
    if (kith_all_finite(v->dimension, v->message[0])) return KITH_OK;
    return kith_fail(v->ctx, KITH_EDIVERGED,
                     "robust: the update of learner %zu is not finite in round %llu; lower local.lr", v->learner,
                     (unsigned long long)v->round);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int ascending_real(const void *a, const void *b)
{
    const kith_real x = *(const kith_real *)a, y = *(const kith_real *)b;
    return x < y ? -1 : x > y;
}

/* A round has few messages as a rule, for which a call for each comparison would cost more than the sorting. */
static void sort_column(size_t m, kith_real *column)
{
    enum { FEW = 48 };
    if (m > FEW) {
        qsort(column, m, sizeof *column, ascending_real);
        return;
    }
    for (size_t i = 1; i < m; i++) {
        const kith_real x = column[i];
        size_t k = i;
        for (; k > 0 && column[k - 1] > x; k--)
            column[k] = column[k - 1];
        column[k] = x;
    }
}

/* Median: what is left when all but the one or two in the middle are left out (Yin, Chen, Ramchandran, Bartlett 2018,
 * arXiv 1803.01498, Definitions 1 and 2). */
static size_t left_out(const robust *s, size_t m)
{
    return s->how.rule == MEDIAN ? (m - 1) / 2 : trimmed(s->how.trim, m);
}

/* A step with fewer messages than the configuration lets expect. */
static kith_status check_trim(const robust *s, const kith_fold *f)
{
    const size_t m = f->arrivals;
    if (!s->trims || !trims_nothing(&s->how, m)) return KITH_OK;
    return kith_fail(f->ctx, KITH_ECONFIG,
                     "robust: trim = %g leaves out none of the %zu messages of round %llu, since learners drop out or "
                     "are not available; raise robust.trim or participation.oversample, lower participation.dropout, "
                     "or set participation.short = wait",
                     s->how.trim, m, (unsigned long long)f->round);
}

static void fold_columns(robust *s, kith_fold *f)
{
    const size_t m = f->arrivals, out = left_out(s, m);
    for (size_t j = 0; j < f->count; j++) {
        double sum = 0.0;
        for (size_t a = 0; a < m; a++)
            s->column[a] = f->message[a][j];
        sort_column(m, s->column);
        for (size_t a = out; a < m - out; a++)
            sum += (double)s->column[a];
        f->model[j] += (kith_real)(s->how.server_lr * sum / (double)(m - 2 * out));
    }
}

/* ---- Krum: Blanchard, El Mhamdi, Guerraoui, Stainer 2017 (arXiv 1703.02757), section 4 ---- */

/* Where the pair's squared distance is among the sums; a < b. */
static size_t pair(size_t a, size_t b)
{
    return b * (b - 1) / 2 + a;
}

static void add_distances(kith_fold *f)
{
    for (size_t b = 1; b < f->arrivals; b++)
        for (size_t a = 0; a < b; a++)
            f->partial[pair(a, b)] += kith_distance2(f->count, f->message[a], f->message[b]);
}

/* The sum of a message's squared distances to its m - f - 2 nearest. */
static double judge(robust *s, const kith_fold *f, size_t a, size_t near)
{
    size_t others = 0;
    double sum = 0.0;
    for (size_t b = 0; b < f->arrivals; b++)
        if (b != a) s->gap[others++] = f->total[a < b ? pair(a, b) : pair(b, a)];
    qsort(s->gap, others, sizeof *s->gap, ascending);
    for (size_t k = 0; k < near; k++)
        sum += s->gap[k];
    return sum;
}

static int better(const void *a, const void *b, void *arg)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const double *score = arg;
    if (score[i] != score[j]) return score[i] < score[j] ? -1 : 1;
    return i < j ? -1 : i > j;
}

static void rank_messages(robust *s, const kith_fold *f, size_t near)
{
    for (size_t a = 0; a < f->arrivals; a++) {
        s->score[a] = judge(s, f, a, near);
        s->order[a] = (uint32_t)a;
    }
    qsort_r(s->order, f->arrivals, sizeof *s->order, better, s->score);
    s->judged = f->round + 1;
}

static kith_status fold_chosen(robust *s, kith_fold *f)
{
    const size_t m = f->arrivals, faulty = (size_t)s->how.faulty, chosen = (size_t)s->how.chosen;
    if (!suffices(&s->how, m))
        return kith_fail(f->ctx, KITH_ECONFIG,
                         "robust: krum needs 2 f + 3 = %zu messages and takes %zu, and round %llu has %zu of them, "
                         "since learners drop out "
                         "or are not available; lower robust.faulty and robust.chosen or participation.dropout, raise "
                         "participation.oversample, or set participation.short = wait",
                         2 * faulty + 3, chosen, (unsigned long long)f->round, m);
    if (s->judged != f->round + 1) rank_messages(s, f, m - faulty - 2);
    for (size_t k = 0; k < chosen; k++)
        kith_axpy(f->count, (kith_real)(s->how.server_lr / (double)chosen), f->message[s->order[k]], f->model);
    return KITH_OK;
}

/* ---- geometric median: smoothed Weiszfeld, Pillutla, Kakade, Harchaoui 2022 (arXiv 1912.13445), Algorithm 2 ---- */

/* A message's weight; after the first phase over its distance to the last centre, too. */
static void weigh(robust *s, const kith_fold *f)
{
    double sum = 0.0;
    for (size_t a = 0; a < f->arrivals; a++) {
        s->score[a] = averaging_weight(s->how.weights, f, a);
        if (f->phase > 0) s->score[a] /= fmax(s->how.smoothing, sqrt(f->total[a]));
        sum += s->score[a];
    }
    for (size_t a = 0; a < f->arrivals; a++)
        s->score[a] /= sum;
}

static void fold_centre(robust *s, kith_fold *f)
{
    weigh(s, f);
    kith_weighted_sum(f->count, f->arrivals, s->score, f->message, s->centre);
    if (f->phase == (size_t)s->how.iterations) {
        kith_axpy(f->count, (kith_real)s->how.server_lr, s->centre, f->model);
        return;
    }
    for (size_t a = 0; a < f->arrivals; a++)
        f->partial[a] += kith_distance2(f->count, f->message[a], s->centre);
}

static size_t phases(const void *self)
{
    const robust *s = self;
    if (s->how.rule == GEOMETRIC_MEDIAN) return (size_t)s->how.iterations + 1;
    return s->how.rule == KRUM ? 2 : 1;
}

static size_t sums(const void *self, size_t arrivals)
{
    const robust *s = self;
    if (s->how.rule == GEOMETRIC_MEDIAN) return arrivals;
    return s->how.rule == KRUM ? arrivals * (arrivals - 1) / 2 : 0;
}

static kith_status server(void *self, kith_fold *f)
{
    robust *s = self;
    KITH_TRY(make_room(f->ctx, s, f->arrivals));
    switch ((rule)s->how.rule) {
    case KRUM:
        if (f->phase == 1) return fold_chosen(s, f);
        add_distances(f);
        return KITH_OK;
    case GEOMETRIC_MEDIAN:
        fold_centre(s, f);
        return KITH_OK;
    case MEDIAN:
    case TRIMMED_MEAN:
        break;
    }
    KITH_TRY(check_trim(s, f));
    fold_columns(s, f);
    return KITH_OK;
}

static bool alike(const void *self)
{
    const config *c = &((const robust *)self)->how;
    return c->rule != GEOMETRIC_MEDIAN || c->weights == EQUALLY;
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes), .client = client, .server = server, .phases = phases, .sums = sums, .alike = alike,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "robust",
    .version = "1.0",
    .summary = "Federated averaging by median, trimmed mean, Krum or geometric median, for clients that may be wrong",
    .reference = "arXiv 1803.01498, 1703.02757, 1912.13445",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};

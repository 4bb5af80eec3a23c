/* The mean of the messages that have the nearest others: each is judged by its squared distances to the r - f - 2
 * nearest of r, at most f being wrong (Blanchard, El Mhamdi, Guerraoui, Stainer 2017, section 4). */
#include <kith/kith.h>

typedef struct config {
    int64_t faulty, chosen;
} config;

static const kith_param params[] = {
    {"faulty", KITH_TYPE_INT, 0, offsetof(config, faulty), "2", "0..1000000", "messages", "f."},
    {"chosen", KITH_TYPE_INT, 0, offsetof(config, chosen), "1", "1..1000000", "messages",
     "How many are taken; 1: Krum, more: Multi-Krum."},
};

static kith_status check(kith_ctx *ctx, const config *c, size_t rows, const char *when)
{
    const size_t least = (size_t)(2 * c->faulty + 3);
    if (rows >= least && rows >= (size_t)c->chosen) return KITH_OK;
    return kith_fail(
        ctx, KITH_ECONFIG,
        "krum: %zu messages%s are too few for faulty = %zu and chosen = %zu, which need 2 faulty + 3 = %zu "
        "and as many as are chosen; lower them or participation.dropout, raise participation.arrivals or "
        "oversample, or set participation.short = wait",
        rows, when, (size_t)c->faulty, (size_t)c->chosen, least);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    const size_t good = setting->arrivals - (size_t)c->faulty;
    *self = (void *)config_;
    if (!setting->arrivals) return KITH_OK;
    KITH_TRY(check(ctx, c, setting->arrivals, " a step"));
    if ((size_t)c->chosen > good)
        kith_note(
            ctx,
            "krum: chosen = %zu of at most %zu messages takes wrong ones in if faulty = %zu are wrong; choose at most "
            "%zu",
            (size_t)c->chosen, setting->arrivals, (size_t)c->faulty, good);
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    const config *c = self;
    KITH_TRY(check(s->ctx, c, s->rows, " in a step"));
    if (s->phase == 0)
        kith_rows_distances(s);
    else
        kith_rows_nearest(s, s->rows - (size_t)c->faulty - 2, (size_t)c->chosen);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES,
                                .bound = kith_bound_stays,
                                .stage = stage,
                                .sums = kith_sums_of_pairs,
                                .merge = kith_merge_all};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "krum",
    .version = "1.0",
    .summary = "The messages that have the nearest others",
    .reference = "arXiv 1703.02757",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    KITH_PLUGIN_OPS(ops),
};

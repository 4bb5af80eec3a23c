/* A team game with a trap (Xu et al. 2023, the example). N players choose 0 or 1. All at 0 is the global equilibrium;
 * all at 1 is one that nobody leaves alone, though the team together would win C by leaving it. u(0, 1^N) = C;  u(0, y)
 * = epsilon sum(y) for y != 1^N;  u(x, y) = sum(x) - sum(y) where both differ from 0. */
#include <kith/kith.h>

typedef struct config {
    int64_t players;
    double gain; /* C */
    double epsilon;
} config;

enum { ONE = 0, NOUGHT, ALL, SUM, FACTORS };

typedef struct trap {
    const config *config;
    double kernel[FACTORS * FACTORS];
} trap;

static const kith_param params[] = {
    {"players", KITH_TYPE_INT, 0, offsetof(config, players), "3", "1..20", "players", "N, of each team."},
    {"gain", KITH_TYPE_REAL, 0, offsetof(config, gain), "1.5", "(0,inf)", "",
     "C, what all at 0 win of all at 1: the exploitability of the trap."},
    {"epsilon", KITH_TYPE_REAL, 0, offsetof(config, epsilon), "0.1", "[0,inf)", "",
     "What all at 0 win for each 1 of a team whose players differ."},
};

static int32_t sum_of(const trap *t, const int32_t *a)
{
    int32_t sum = 0;
    for (int64_t i = 0; i < t->config->players; i++)
        sum += a[i];
    return sum;
}

/* What a team of noughts wins of one whose sum is s. */
static double against_ones(const trap *t, int32_t s)
{
    return s == t->config->players ? t->config->gain : t->config->epsilon * s;
}

static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    const trap *t = self;
    const int32_t x = sum_of(t, a), y = sum_of(t, b);
    if (x == 0) return against_ones(t, y);
    return y == 0 ? -against_ones(t, x) : x - y;
}

static void factor(const void *self, const int32_t *a, double *out)
{
    const trap *t = self;
    const int32_t sum = sum_of(t, a);
    out[ONE] = 1.0;
    out[NOUGHT] = sum == 0;
    out[ALL] = sum == t->config->players;
    out[SUM] = sum;
}

/* With z = [x = 0], o = [x = 1^N], s = sum(x): the noughts' part is z_x (epsilon s_y + (C - epsilon N) o_y), the rest
 * (1 - z_y) s_x, each minus the same with x and y exchanged. */
static void fill_kernel(trap *t)
{
    double(*k)[FACTORS] = (double(*)[FACTORS])t->kernel;
    k[NOUGHT][SUM] = t->config->epsilon + 1.0;
    k[NOUGHT][ALL] = t->config->gain - t->config->epsilon * (double)t->config->players;
    k[SUM][ONE] = 1.0;
    for (size_t i = 0; i < FACTORS; i++)
        for (size_t j = 0; j < FACTORS; j++)
            if (k[i][j] != 0.0) k[j][i] = -k[i][j];
}

static kith_status create(kith_ctx *ctx, const void *data, const kith_setting *setting, void **self)
{
    trap *t = NULL;
    (void)setting;
    KITH_TRY(KITH_ALLOC(ctx, "team-trap", 1, &t));
    t->config = data;
    fill_kernel(t);
    *self = t;
    return KITH_OK;
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    const trap *t = self;
    (void)ctx;
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX,
                             .flags = KITH_GAME_INTERCHANGEABLE,
                             .players = (size_t)t->config->players,
                             .actions = 2,
                             .factors = FACTORS,
                             .kernel = t->kernel};
    return KITH_OK;
}

static const kith_game ops = {.describe = describe, .payoff = payoff, .factor = factor};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
    .id = "team-trap",
    .version = "1.0",
    .summary = "N players a team, two actions, and an equilibrium that only a whole team can leave",
    .reference = "arXiv 2310.03354",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};

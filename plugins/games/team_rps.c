/* Rock, paper, scissors for teams of two: both at 0 is rock, both at 1 scissors, one of each is paper. A product policy
 * that mixes rock and scissors cannot help but play paper, too: none is less exploitable than 2 / sqrt(3) - 1. */
#include <kith/kith.h>

enum { ROCK = 0, PAPER, SCISSORS };

/* The number of ones is the sign. */
static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    static const double wins[3][3] = {[ROCK] = {0, -1, 1}, [PAPER] = {1, 0, -1}, [SCISSORS] = {-1, 1, 0}};
    (void)self;
    return wins[a[0] + a[1]][b[0] + b[1]];
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)self, (void)ctx;
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX, .flags = KITH_GAME_INTERCHANGEABLE, .players = 2, .actions = 2};
    return KITH_OK;
}

static const kith_game ops = {.describe = describe, .payoff = payoff};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
    .id = "team-rps",
    .version = "1.0",
    .summary = "Rock, paper, scissors by two players who cannot confer",
    .reference = "arXiv 2310.03354",
    KITH_PLUGIN_OPS(ops),
};

/* new-game, a matrix game: Colonel Blotto. Each player goes to one of the fields, and a team wins
 * those where it has more players.
 *
 * The host enumerates joint actions and asks payoff() for each pair; it is symmetric and zero-sum
 * to the last bit, u(b, a) = -u(a, b). Games with states have reset(), step(), observe() and
 * outcome() in its place; kith/game.h has the contract.
 */
#include <kith/kith.h>

typedef struct config {
    int64_t players, fields;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"players", KITH_TYPE_INT, 0, offsetof(config, players), "3", "1..5", "", "How many players a team has."},
    {"fields", KITH_TYPE_INT, 0, offsetof(config, fields), "3", "2..5", "", "How many fields they may go to."},
};

/* Fields that the team of a wins, less those that it loses. */
static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    const config *c = self;
    int more[5] = {0}, won = 0;
    for (int64_t i = 0; i < c->players; i++) {
        more[a[i]]++;
        more[b[i]]--;
    }
    for (int64_t f = 0; f < c->fields; f++)
        won += (more[f] > 0) - (more[f] < 0);
    return won;
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    const config *c = self;
    (void)ctx;
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX,
                             .flags = KITH_GAME_INTERCHANGEABLE, /* only the numbers of players at each action count */
                             .players = (size_t)c->players,
                             .actions = (size_t)c->fields};
    return KITH_OK;
}

static const kith_game ops = {.describe = describe, .payoff = payoff};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
    .id = "new-game",
    .version = "0.1",
    .summary = "Colonel Blotto for teams, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};

/* Seek, attack, defend (Xu et al. 2023): four players, thirteen actions. Seekers at level i gather r(i) = 1 + (i/10)^2,
 * all of them if their levels span one at most, else those at level 1 or below. Two attackers take a team's gain away,
 * unless it has a defender. The payoff is the difference of the two teams' gains. */
#include <kith/kith.h>

enum { PLAYERS = 4, ACTIONS = 13, ATTACK = 11, DEFEND = 12 };
enum { ONE = 0, GAIN, KEPT, RAID, FACTORS }; /* KEPT: of the gain, what two attackers leave */

/* u(a, b) = (1 - raid_b) gain_a + raid_b kept_a - the same with a and b exchanged */
static const double kernel[FACTORS * FACTORS] = {
    [GAIN * FACTORS + ONE] = 1.0,  [GAIN * FACTORS + RAID] = -1.0, [KEPT * FACTORS + RAID] = 1.0,
    [ONE * FACTORS + GAIN] = -1.0, [RAID * FACTORS + GAIN] = 1.0,  [RAID * FACTORS + KEPT] = -1.0,
};

static double level_gain(int32_t level)
{
    return level == 0 ? 0.0 : 1.0 + (double)(level * level) / 100.0;
}

/* What the seekers gather. */
static double gather(const int32_t *a)
{
    int32_t low = ATTACK, high = -1;
    double gain = 0.0;
    for (size_t i = 0; i < PLAYERS; i++) {
        if (a[i] >= ATTACK) continue;
        if (a[i] < low) low = a[i];
        if (a[i] > high) high = a[i];
    }
    for (size_t i = 0; i < PLAYERS; i++)
        if (a[i] < ATTACK && (high - low <= 1 || a[i] <= 1)) gain += level_gain(a[i]);
    return gain;
}

static size_t count(const int32_t *a, int32_t action)
{
    size_t n = 0;
    for (size_t i = 0; i < PLAYERS; i++)
        n += a[i] == action;
    return n;
}

static void factor(const void *self, const int32_t *a, double *out)
{
    (void)self;
    out[ONE] = 1.0;
    out[GAIN] = gather(a);
    out[KEPT] = count(a, DEFEND) ? out[GAIN] : 0.0;
    out[RAID] = count(a, ATTACK) >= 2;
}

static double gain_against(const int32_t *a, const int32_t *b)
{
    return count(b, ATTACK) >= 2 && !count(a, DEFEND) ? 0.0 : gather(a);
}

static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    (void)self;
    return gain_against(a, b) - gain_against(b, a);
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)self, (void)ctx;
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX,
                             .flags = KITH_GAME_INTERCHANGEABLE,
                             .players = PLAYERS,
                             .actions = ACTIONS,
                             .factors = FACTORS,
                             .kernel = kernel};
    return KITH_OK;
}

static const char *action_name(const void *self, size_t action)
{
    static const char *const names[ACTIONS] = {"none",   "seek 1", "seek 2", "seek 3",  "seek 4", "seek 5", "seek 6",
                                               "seek 7", "seek 8", "seek 9", "seek 10", "attack", "defend"};
    (void)self;
    return action < ACTIONS ? names[action] : "?";
}

static const kith_game ops = {.describe = describe, .payoff = payoff, .factor = factor, .action_name = action_name};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
    .id = "sad",
    .version = "1.0",
    .summary = "Seek, attack, defend: four players a team, thirteen actions",
    .reference = "arXiv 2310.03354",
    KITH_PLUGIN_OPS(ops),
};

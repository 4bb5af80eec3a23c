#include "rl/payoff.h"

#include "base/call.h"

#include <math.h>
#include <string.h>

/* A distribution over more profiles than this takes longer than a table is good for; a table of J x J payoffs without
 * factors stays below 128 MiB. */
static const size_t most_profiles = (size_t)1 << 24, most_rows = (size_t)1 << 12;

static kith_status check_shape(kith_ctx *ctx, kith_payoffs *p, const kith_game_shape *s)
{
    if (s->form != KITH_GAME_MATRIX || s->players < 1 || s->actions < 2)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: describe: a matrix game has form KITH_GAME_MATRIX, players and two actions or more",
                         p->id);
    if (!s->factors != !s->kernel || (s->factors && !p->game->factor))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: describe: factors, kernel and factor() go together", p->id);
    p->profiles = 1;
    for (size_t i = 0; i < s->players; i++) {
        if (p->profiles > most_profiles / s->actions)
            return kith_fail(ctx, KITH_ECONFIG,
                             "%s: %zu players with %zu actions have more than %zu joint actions; too many to enumerate",
                             p->id, s->players, s->actions, most_profiles);
        p->profiles *= s->actions;
    }
    return KITH_OK;
}

/* The next profile as a number of base A; false after the last. */
static bool advance(size_t players, size_t actions, int32_t *action)
{
    for (size_t i = players; i-- > 0;) {
        if ((size_t)++action[i] < actions) return true;
        action[i] = 0;
    }
    return false;
}

static bool ascends(size_t players, const int32_t *action)
{
    for (size_t i = 1; i < players; i++)
        if (action[i] < action[i - 1]) return false;
    return true;
}

/* The number of the profile with the same actions in ascending order. */
static size_t sorted_profile(const kith_payoffs *p, const int32_t *action)
{
    size_t number = 0, left = p->players;
    for (size_t a = 0; a < p->actions && left; a++)
        for (size_t i = 0; i < p->players; i++)
            if ((size_t)action[i] == a) {
                number = number * p->actions + a;
                left--;
            }
    return number;
}

static size_t count_rows(const kith_payoffs *p, bool multisets)
{
    size_t rows = 1;
    if (!multisets) return p->profiles;
    for (size_t i = 1; i <= p->players; i++)
        rows = rows * (p->actions + i - 1) / i;
    return rows;
}

static kith_status list_rows(kith_ctx *ctx, kith_payoffs *p, bool multisets)
{
    int32_t *action = NULL;
    p->rows = count_rows(p, multisets);
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "joint actions", p->rows * p->players, &p->action));
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "joint actions", p->profiles, &p->row));
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "joint actions", p->rows, &p->spread));
    KITH_TRY(KITH_ALLOC(ctx, "joint actions", p->players, &action));
    uint32_t row = 0;
    size_t profile = 0;
    do {
        if (!multisets || ascends(p->players, action)) {
            memcpy(p->action + row * p->players, action, p->players * sizeof *action);
            p->row[profile] = row++;
        } else {
            p->row[profile] = p->row[sorted_profile(p, action)];
        }
        profile++;
    } while (advance(p->players, p->actions, action));
    kith_free(action);
    return KITH_OK;
}

static void fill_factors(kith_payoffs *p)
{
    for (size_t j = 0; j < p->rows; j++)
        p->game->factor(p->self, p->action + j * p->players, p->factor + j * p->factors);
}

static kith_status take_factors(kith_ctx *ctx, kith_payoffs *p, const double *kernel)
{
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "factors", p->rows * p->factors, &p->factor));
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "factors", p->factors * p->factors, &p->kernel));
    memcpy(p->kernel, kernel, p->factors * p->factors * sizeof *kernel);
    KITH_TRY_VOID(ctx, p->id, "factor", KITH_NOBODY, fill_factors(p));
    for (size_t k = 0; k < p->rows * p->factors; k++)
        if (!isfinite(p->factor[k])) return kith_fail(ctx, KITH_EPLUGIN, "%s: factor: a factor is not finite", p->id);
    return KITH_OK;
}

static void fill_kernel(kith_payoffs *p)
{
    for (size_t i = 0; i < p->rows; i++)
        for (size_t j = 0; j < p->rows; j++)
            p->kernel[i * p->rows + j] =
                p->game->payoff(p->self, p->action + i * p->players, p->action + j * p->players);
}

static kith_status tabulate(kith_ctx *ctx, kith_payoffs *p)
{
    if (p->rows > most_rows)
        return kith_fail(
            ctx, KITH_ECONFIG,
            "%s: a table of %zu x %zu payoffs is too large; a plugin of the game with factors can do without", p->id,
            p->rows, p->rows);
    p->factors = p->rows;
    KITH_TRY(KITH_TAKE(ctx, &p->heap, "payoffs", p->rows * p->rows, &p->kernel));
    KITH_TRY_VOID(ctx, p->id, "payoff", KITH_NOBODY, fill_kernel(p));
    return KITH_OK;
}

static kith_status check_kernel(kith_ctx *ctx, const kith_payoffs *p)
{
    for (size_t i = 0; i < p->factors; i++)
        for (size_t j = 0; j <= i; j++) {
            const double one = p->kernel[i * p->factors + j], other = p->kernel[j * p->factors + i];
            if (!isfinite(one) || !isfinite(other))
                return kith_fail(ctx, KITH_EPLUGIN, "%s: the payoff of rows %zu and %zu is not finite", p->id, i, j);
            if (one != -other)
                return kith_fail(ctx, KITH_EPLUGIN,
                                 "%s: rows %zu and %zu pay %.17g one way and %.17g the other: the game is not "
                                 "symmetric and zero-sum",
                                 p->id, i, j, one, other);
        }
    return KITH_OK;
}

/* The greatest of a factor's absolute values. */
static double greatest_factor(const kith_payoffs *p, size_t f)
{
    double most = p->factor ? 0.0 : 1.0;
    for (size_t j = 0; p->factor && j < p->rows; j++)
        most = fmax(most, fabs(p->factor[j * p->factors + f]));
    return most;
}

/* In units of the greatest payoff, so that the same game in other units breaks ties alike: what terms come to at most,
 * times far more than the rounding of their sums. */
static double slack_of(const kith_payoffs *p)
{
    static const double share = 1e-12;
    double most = 0.0, sum = 0.0;
    for (size_t i = 0; i < p->factors; i++) {
        const double own = greatest_factor(p, i);
        for (size_t j = 0; j < p->factors; j++) {
            const double term = fabs(own * p->kernel[i * p->factors + j]) * (p->factor ? greatest_factor(p, j) : 1.0);
            most = fmax(most, term);
            sum += term;
        }
    }
    return share * (p->factor ? sum : most);
}

kith_status kith_payoffs_open(kith_ctx *ctx, const char *id, const kith_game *game, const void *self,
                              const kith_game_shape *shape, kith_payoffs **out)
{
    kith_payoffs *p = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "payoffs", 1, &p));
    *p = (kith_payoffs){.id = id,
                        .game = game,
                        .self = self,
                        .players = shape->players,
                        .actions = shape->actions,
                        .factors = shape->factors};
    kith_status status = check_shape(ctx, p, shape);
    if (status == KITH_OK) status = list_rows(ctx, p, shape->flags & KITH_GAME_INTERCHANGEABLE);
    if (status == KITH_OK) status = shape->factors ? take_factors(ctx, p, shape->kernel) : tabulate(ctx, p);
    if (status == KITH_OK) status = check_kernel(ctx, p);
    if (status != KITH_OK) {
        kith_payoffs_close(p);
        return status;
    }
    p->slack = slack_of(p);
    *out = p;
    return KITH_OK;
}

void kith_payoffs_close(kith_payoffs *p)
{
    if (!p) return;
    kith_heap_free(&p->heap);
    kith_free(p);
}

/* Adds the probability of every profile below one node of the tree of the players' choices. */
static void spread(const kith_payoffs *p, const double *policy, size_t player, size_t profile, double reached)
{
    const double *own = policy + player * p->actions;
    const size_t first = profile * p->actions;
    if (player + 1 == p->players) {
        for (size_t a = 0; a < p->actions; a++)
            p->spread[p->row[first + a]] += reached * own[a];
        return;
    }
    for (size_t a = 0; a < p->actions; a++)
        if (own[a] != 0.0) spread(p, policy, player + 1, first + a, reached * own[a]);
}

void kith_payoffs_digest(kith_payoffs *p, const double *policy, double *digest)
{
    memset(p->spread, 0, p->rows * sizeof *p->spread);
    spread(p, policy, 0, 0, 1.0);
    if (!p->factor) {
        memcpy(digest, p->spread, p->rows * sizeof *digest);
        return;
    }
    memset(digest, 0, p->factors * sizeof *digest);
    for (size_t j = 0; j < p->rows; j++)
        for (size_t f = 0; f < p->factors; f++)
            digest[f] += p->spread[j] * p->factor[j * p->factors + f];
}

double kith_payoffs_between(const kith_payoffs *p, const double *digest, const double *reply)
{
    double sum = 0.0;
    for (size_t f = 0; f < p->factors; f++)
        sum += digest[f] * reply[f];
    return sum;
}

void kith_payoffs_reply(const kith_payoffs *p, const double *digest, double *reply)
{
    for (size_t f = 0; f < p->factors; f++)
        reply[f] = kith_payoffs_between(p, p->kernel + f * p->factors, digest);
}

void kith_payoffs_values(const kith_payoffs *p, const double *reply, double *value)
{
    if (!p->factor) {
        memcpy(value, reply, p->rows * sizeof *value);
        return;
    }
    for (size_t j = 0; j < p->rows; j++)
        value[j] = kith_payoffs_between(p, p->factor + j * p->factors, reply);
}

/* The expected value below a node; adds to the q of every player from this one on. */
static double descend(const kith_payoffs *p, const double *policy, const double *value, double *q, size_t player,
                      size_t profile, double reached)
{
    const double *own = policy + player * p->actions;
    const size_t first = profile * p->actions;
    const bool last = player + 1 == p->players;
    double sum = 0.0;
    for (size_t a = 0; a < p->actions; a++) {
        const double below =
            last ? value[p->row[first + a]] : descend(p, policy, value, q, player + 1, first + a, reached * own[a]);
        q[player * p->actions + a] += reached * below;
        sum += own[a] * below;
    }
    return sum;
}

void kith_payoffs_actions(const kith_payoffs *p, const double *policy, const double *value, double *q)
{
    memset(q, 0, p->players * p->actions * sizeof *q);
    descend(p, policy, value, q, 0, 0, 1.0);
}

size_t kith_payoffs_best(const kith_payoffs *p, const double *value)
{
    size_t best = 0;
    for (size_t j = 1; j < p->rows; j++)
        if (value[j] > value[best]) best = j;
    return best;
}

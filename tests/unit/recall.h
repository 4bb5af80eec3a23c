/* A game of memory whose best play is known: an episode shows each team a cue, 0 or 1, of its own at its first step and
 * asks for it at its last. A team gets 1/N for each of its N players who then does what the cue says, less what the
 * other team gets. Who remembers wins all; who does not has one half; against a random opponent the best is 1 - 1/2.
 * Before the last step actions mean nothing. */
#ifndef KITH_TESTS_RECALL_H
#define KITH_TESTS_RECALL_H

#include <kith/game.h>

#include <string.h>

struct recall {
    size_t players;
    uint32_t steps;          /* of an episode, >= 2 */
    kith_episode_end ending; /* how episodes end */
    double poison;           /* added to rewards */
    int told;                /* not 0: the cue is always 0 for team 0, 1 for team 1 */
    size_t failing;          /* the number of the first of the copies whose steps fail; 0: none do */
};

enum { RECALL_FEATURES = 4, RECALL_ACTIONS = 2 };

struct recall_state {
    int32_t cue[2];
    uint32_t step, right[2], padding;
};

static inline kith_status recall_reset(void *self, const kith_copies *c, const uint8_t *which)
{
    const struct recall *game = self;
    struct recall_state *s = c->state;
    for (size_t b = 0; b < c->count; b++) {
        if (which && !which[b]) continue;
        memset(&s[b], 0, sizeof s[b]);
        for (size_t team = 0; team < 2; team++)
            s[b].cue[team] = game->told ? (int32_t)team : (int32_t)kith_draw_below(&c->stream[b], 2);
    }
    return KITH_OK;
}

static inline kith_status recall_step(void *self, const kith_copies *c, const kith_game_step *step)
{
    const struct recall *game = self;
    struct recall_state *s = c->state;
    if (game->failing && c->first == game->failing)
        return kith_fail(c->ctx, KITH_EIO, "copies from %zu on have lost their cues", c->first);
    for (size_t b = 0; b < c->count; b++) {
        kith_real *reward = step->reward + 2 * b;
        reward[0] = reward[1] = 0;
        if (step->end[b] != KITH_PLAYING || ++s[b].step < game->steps) continue;
        step->end[b] = (uint8_t)game->ending;
        for (size_t i = 0; i < 2 * game->players; i++) {
            const size_t team = i / game->players;
            s[b].right[team] += step->action[2 * b * game->players + i] == s[b].cue[team];
        }
        const double gain = ((double)s[b].right[0] - (double)s[b].right[1]) / (double)game->players;
        reward[0] = (kith_real)(gain + game->poison);
        reward[1] = (kith_real)(-gain - game->poison);
    }
    return KITH_OK;
}

static inline kith_status recall_observe(void *self, const kith_copies *c, kith_real *out)
{
    const struct recall *game = self;
    const struct recall_state *s = c->state;
    memset(out, 0, c->count * 2 * game->players * RECALL_FEATURES * sizeof *out);
    for (size_t b = 0; b < c->count; b++) {
        for (size_t i = 0; i < 2 * game->players; i++, out += RECALL_FEATURES) {
            if (s[b].step == 0) out[s[b].cue[i / game->players]] = 1;
            out[2] = s[b].step + 1 == game->steps;
            out[3] = (kith_real)0.5;
        }
    }
    return KITH_OK;
}

static inline kith_status recall_outcome(void *self, const kith_copies *c, kith_outcome *out)
{
    (void)self;
    const struct recall_state *s = c->state;
    for (size_t b = 0; b < c->count; b++) {
        const uint32_t *right = s[b].right;
        out[b] = (kith_outcome){.winner = right[0] > right[1]   ? 0
                                          : right[0] < right[1] ? 1
                                                                : -1,
                                .steps = s[b].step,
                                .score = {right[0], right[1]}};
    }
    return KITH_OK;
}

static const kith_game recall_game = {
    .reset = recall_reset, .step = recall_step, .observe = recall_observe, .outcome = recall_outcome};

/* The strict form: before the last step only action 0 is legal; players but the first take part in the first step only;
 * and critics see both cues all the time. */
static inline kith_status recall_legal(void *self, const kith_copies *c, uint8_t *out)
{
    const struct recall *game = self;
    const struct recall_state *s = c->state;
    for (size_t b = 0; b < c->count; b++) {
        for (size_t i = 0; i < 2 * game->players; i++) {
            *out++ = 1;
            *out++ = s[b].step + 1 >= game->steps;
        }
    }
    return KITH_OK;
}

static inline kith_status recall_active(void *self, const kith_copies *c, uint8_t *out)
{
    const struct recall *game = self;
    const struct recall_state *s = c->state;
    for (size_t b = 0; b < c->count; b++) {
        for (size_t i = 0; i < 2 * game->players; i++)
            *out++ = i % game->players == 0 || s[b].step == 0;
    }
    return KITH_OK;
}

static inline kith_status recall_central(void *self, const kith_copies *c, kith_real *out)
{
    (void)self;
    const struct recall_state *s = c->state;
    for (size_t b = 0; b < c->count; b++) {
        for (size_t team = 0; team < 2; team++) {
            *out++ = (kith_real)s[b].cue[team];
            *out++ = (kith_real)0.5 - (kith_real)s[b].cue[1 - team]; /* never all alike: there LayerNorm has a kink */
            *out++ = (kith_real)s[b].step;
        }
    }
    return KITH_OK;
}

enum { RECALL_CENTRAL = 3 };

static const kith_game recall_strict = {.reset = recall_reset,
                                        .step = recall_step,
                                        .observe = recall_observe,
                                        .outcome = recall_outcome,
                                        .legal = recall_legal,
                                        .active = recall_active,
                                        .central = recall_central};

static inline kith_game_shape recall_shape(const struct recall *game)
{
    return (kith_game_shape){.form = KITH_GAME_MARKOV,
                             .players = game->players,
                             .actions = RECALL_ACTIONS,
                             .features = RECALL_FEATURES,
                             .state_size = sizeof(struct recall_state),
                             .episode_steps = game->steps,
                             .discount = 1};
}

#endif

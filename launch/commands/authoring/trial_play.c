#include "launch/commands/authoring/trial_play.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static kith_status make_room(play *p, int soil)
{
    kith_ctx *ctx = p->t->ctx;
    const size_t players = 2 * p->count * p->shape->players;
    KITH_TRY(kith_alloc(ctx, "states", p->count, p->shape->state_size, &p->copies.state));
    memset(p->copies.state, soil, p->count * p->shape->state_size);
    KITH_TRY(KITH_ALLOC(ctx, "streams", p->count, &p->copies.stream));
    KITH_TRY(KITH_ALLOC(ctx, "streams", p->count, &p->acting));
    KITH_TRY(KITH_ALLOC(ctx, "actions", players, &p->action));
    KITH_TRY(KITH_ALLOC(ctx, "rewards", 2 * p->count, &p->reward));
    KITH_TRY(KITH_ALLOC(ctx, "ends", p->count, &p->end));
    KITH_TRY(KITH_ALLOC(ctx, "outcomes", p->count, &p->outcome));
    KITH_TRY(KITH_ALLOC(ctx, "observations", players * p->shape->features, &p->seen));
    KITH_TRY(KITH_ALLOC(ctx, "legal actions", players * p->shape->actions, &p->legal));
    KITH_TRY(KITH_ALLOC(ctx, "active players", players, &p->active));
    return KITH_ALLOC(ctx, "centralised states", 2 * p->count * p->shape->central + 1, &p->central);
}

kith_status play_open(trial *t, const kith_instance *game, const kith_game_shape *shape, size_t count, size_t first,
                      int soil, play *out)
{
    *out = (play){.t = t, .ops = game->plugin->ops, .self = game->self, .shape = shape, .count = count};
    out->copies = (kith_copies){.ctx = t->ctx, .count = count, .first = first};
    KITH_TRY(make_room(out, soil));
    for (size_t b = 0; b < count; b++) {
        out->copies.stream[b] = kith_stream_at(1, KITH_FOR_GAME, first + b, 0);
        out->acting[b] = kith_stream_at(1, KITH_FOR_GAME, first + b, 1);
    }
    return out->ops->reset(out->self, &out->copies, NULL);
}

void play_close(play *p)
{
    kith_free(p->copies.state);
    kith_free(p->copies.stream);
    kith_free(p->acting);
    kith_free(p->action);
    kith_free(p->reward);
    kith_free(p->end);
    kith_free(p->outcome);
    kith_free(p->seen);
    kith_free(p->legal);
    kith_free(p->active);
    kith_free(p->central);
}

static kith_status refuse(const play *p, const char *what)
{
    return kith_fail(p->t->ctx, KITH_EPLUGIN, "step %zu of an episode: %s", p->steps, what);
}

static bool all_finite(const kith_real *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static kith_status look(play *p)
{
    const size_t players = 2 * p->count * p->shape->players, actions = p->shape->actions;
    memset(p->seen, 0xff, players * p->shape->features * sizeof *p->seen);
    memset(p->legal, p->ops->legal ? 0xff : 1, players * actions);
    memset(p->central, 0xff, 2 * p->count * p->shape->central * sizeof *p->central);
    KITH_TRY(p->ops->observe(p->self, &p->copies, p->seen));
    if (!all_finite(p->seen, players * p->shape->features))
        return refuse(p, "a number of an observation is not finite, or not written");
    if (p->ops->legal) KITH_TRY(p->ops->legal(p->self, &p->copies, p->legal));
    if (p->ops->active) KITH_TRY(p->ops->active(p->self, &p->copies, p->active));
    if (p->shape->central) KITH_TRY(p->ops->central(p->self, &p->copies, p->central));
    if (!all_finite(p->central, 2 * p->count * p->shape->central))
        return refuse(p, "a number of a centralised state is not finite, or not written");
    for (size_t j = 0; j < players; j++) {
        size_t legal = 0;
        for (size_t a = 0; a < actions; a++) {
            if (p->legal[j * actions + a] > 1) return refuse(p, "legal() writes neither 0 nor 1");
            legal += p->legal[j * actions + a];
        }
        if (!legal) return refuse(p, "a player has no legal action; each has one at least");
    }
    return KITH_OK;
}

static void act(play *p)
{
    const size_t players = 2 * p->shape->players, actions = p->shape->actions;
    for (size_t b = 0; b < p->count; b++)
        for (size_t j = b * players; p->end[b] == KITH_PLAYING && j < (b + 1) * players; j++) {
            size_t legal = 0, a = 0;
            for (size_t k = 0; k < actions; k++)
                legal += p->legal[j * actions + k];
            for (size_t left = (size_t)kith_draw_below(&p->acting[b], legal) + 1; left > 0; a++)
                left -= p->legal[j * actions + a];
            p->action[j] = (int32_t)(a - 1);
        }
}

static kith_status check_copy(const play *p, size_t b, uint8_t before)
{
    const double sum = (double)p->reward[2 * b] + (double)p->reward[2 * b + 1];
    char what[160];
    if (p->end[b] > KITH_TRUNCATED) return refuse(p, "end[] is none of kith_episode_end");
    if (before != KITH_PLAYING && (p->end[b] != before || p->reward[2 * b] != 0 || p->reward[2 * b + 1] != 0))
        return refuse(p, "a copy whose episode had ended goes on; step() leaves it alone, with reward 0");
    if (before == KITH_PLAYING && !(fabs(sum) <= 1e-5 * (1.0 + fabs((double)p->reward[2 * b])))) {
        snprintf(what, sizeof what, "the teams' rewards are %.6g and %.6g; what one wins the other loses",
                 (double)p->reward[2 * b], (double)p->reward[2 * b + 1]);
        return refuse(p, what);
    }
    if (p->end[b] == KITH_PLAYING && p->steps > p->shape->episode_steps)
        return refuse(p, "it lasts longer than shape.episode_steps");
    return KITH_OK;
}

static kith_status check_outcomes(play *p)
{
    memset(p->outcome, 0x7f, p->count * sizeof *p->outcome);
    KITH_TRY(p->ops->outcome(p->self, &p->copies, p->outcome));
    for (size_t b = 0; b < p->count; b++) {
        const kith_outcome *o = &p->outcome[b];
        if (o->winner < -1 || o->winner > 1) return refuse(p, "outcome() tells a winner other than 0, 1 and -1");
        if (o->steps > p->steps || !isfinite(o->score[0]) || !isfinite(o->score[1]))
            return refuse(p, "outcome() tells more steps than were made, or a score that is not finite");
    }
    return KITH_OK;
}

kith_status play_step(play *p, bool *over)
{
    uint8_t before[64];
    KITH_TRY(look(p));
    act(p);
    memcpy(before, p->end, p->count);
    memset(p->reward, 0xff, 2 * p->count * sizeof *p->reward);
    p->steps++;
    KITH_TRY(
        p->ops->step(p->self, &p->copies, &(kith_game_step){.action = p->action, .reward = p->reward, .end = p->end}));
    *over = true;
    for (size_t b = 0; b < p->count; b++) {
        KITH_TRY(check_copy(p, b, before[b]));
        *over &= p->end[b] != KITH_PLAYING;
    }
    return check_outcomes(p);
}

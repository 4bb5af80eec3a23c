#include "rl/envs.h"

#include "base/call.h"

#include <string.h>

kith_status kith_envs_create(kith_ctx *ctx, kith_heap *heap, const kith_match_setup *match_setup, size_t copies,
                             kith_envs *out)
{
    const kith_game_shape *shape = match_setup->shape;
    const size_t players = 2 * copies * shape->players;
    kith_envs s = {.match_setup = *match_setup, .copies = copies, .view = {.count = copies}};
    KITH_TRY(kith_heap_take(ctx, heap, "states of games", copies, shape->state_size, &s.view.state));
    KITH_TRY(KITH_TAKE(ctx, heap, "random streams", copies, &s.view.stream));
    KITH_TRY(KITH_TAKE(ctx, heap, "random streams", copies, &s.acting));
    KITH_TRY(KITH_TAKE(ctx, heap, "random streams", copies, &s.drawing));
    KITH_TRY(KITH_TAKE(ctx, heap, "actions", players, &s.action));
    KITH_TRY(KITH_TAKE(ctx, heap, "rewards", 2 * copies, &s.reward));
    KITH_TRY(KITH_TAKE(ctx, heap, "ends", copies, &s.end));
    KITH_TRY(KITH_TAKE(ctx, heap, "ends", copies, &s.fresh));
    KITH_TRY(KITH_TAKE(ctx, heap, "observations", players * shape->features, &s.seen));
    if (shape->central) KITH_TRY(KITH_TAKE(ctx, heap, "centralised states", 2 * copies * shape->central, &s.central));
    if (match_setup->game->legal) KITH_TRY(KITH_TAKE(ctx, heap, "legal actions", players * shape->actions, &s.legal));
    if (match_setup->game->active) KITH_TRY(KITH_TAKE(ctx, heap, "active players", players, &s.active));
    KITH_TRY(KITH_TAKE(ctx, heap, "outcomes", copies, &s.outcome));
    *out = s;
    return KITH_OK;
}

static kith_status reset(kith_envs *s, const uint8_t *which)
{
    KITH_TRY_CALL(s->view.ctx, s->match_setup.id, "reset", KITH_NOBODY,
                  s->match_setup.game->reset(s->match_setup.self, &s->view, which));
    return KITH_OK;
}

kith_status kith_envs_open(kith_ctx *ctx, kith_envs *s, uint64_t seed, uint64_t a, uint64_t index, size_t first)
{
    s->view.ctx = ctx;
    s->view.first = first;
    for (size_t b = 0; b < s->copies; b++) {
        const uint64_t at = index * KITH_ENVS_STREAMS;
        s->view.stream[b] = kith_stream_at(seed, KITH_FOR_GAME, a + b, at + KITH_ENVS_GAME);
        s->acting[b] = kith_stream_at(seed, KITH_FOR_GAME, a + b, at + KITH_ENVS_ACTIONS);
        s->drawing[b] = kith_stream_at(seed, KITH_FOR_GAME, a + b, at + KITH_ENVS_OPPONENTS);
    }
    memset(s->end, KITH_PLAYING, s->copies);
    return reset(s, NULL);
}

kith_status kith_envs_look(kith_envs *s)
{
    const kith_game *game = s->match_setup.game;
    const char *id = s->match_setup.id;
    kith_ctx *ctx = s->view.ctx;
    void *self = s->match_setup.self;
    KITH_TRY_CALL(ctx, id, "observe", KITH_NOBODY, game->observe(self, &s->view, s->seen));
    if (s->central) KITH_TRY_CALL(ctx, id, "central", KITH_NOBODY, game->central(self, &s->view, s->central));
    if (s->legal) KITH_TRY_CALL(ctx, id, "legal", KITH_NOBODY, game->legal(self, &s->view, s->legal));
    if (s->active) KITH_TRY_CALL(ctx, id, "active", KITH_NOBODY, game->active(self, &s->view, s->active));
    return KITH_OK;
}

kith_status kith_envs_judge(kith_envs *s)
{
    KITH_TRY_CALL(s->view.ctx, s->match_setup.id, "outcome", KITH_NOBODY,
                  s->match_setup.game->outcome(s->match_setup.self, &s->view, s->outcome));
    return KITH_OK;
}

kith_status kith_envs_step(kith_envs *s)
{
    const kith_game_step step = {.action = s->action, .reward = s->reward, .end = s->end};
    KITH_TRY_CALL(s->view.ctx, s->match_setup.id, "step", KITH_NOBODY,
                  s->match_setup.game->step(s->match_setup.self, &s->view, &step));
    return KITH_OK;
}

kith_status kith_envs_renew(kith_envs *s)
{
    return reset(s, s->fresh);
}

/* ---- a side ---- */

kith_status kith_side_create(kith_ctx *ctx, kith_heap *heap, const kith_envs *s, const kith_tower *tower,
                             kith_side *out)
{
    const kith_game_shape *shape = s->match_setup.shape;
    const size_t rows = s->copies * shape->players;
    kith_side side = {.tables = !tower};
    kith_real *memory;
    KITH_TRY(KITH_TAKE(ctx, heap, "opponents", s->copies, &side.slot));
    KITH_TRY(KITH_TAKE(ctx, heap, "opponents", s->copies, &side.member));
    *out = side;
    if (!tower) return KITH_OK;
    side.tower = *tower;
    KITH_TRY(KITH_TAKE(ctx, heap, "recurrent states", rows * tower->hidden, &side.state));
    KITH_TRY(KITH_TAKE(ctx, heap, "observations", rows * shape->features, &side.rows));
    KITH_TRY(KITH_TAKE(ctx, heap, "probabilities", rows * shape->actions, &side.p));
    KITH_TRY(KITH_TAKE(ctx, heap, "legal actions", rows * shape->actions, &side.allowed));
    KITH_TRY(KITH_TAKE(ctx, heap, "activations", kith_pass_length(tower, 1, rows), &memory));
    kith_pass_place(tower, 1, rows, memory, &side.pass);
    *out = side;
    return KITH_OK;
}

void kith_side_forget(const kith_envs *s, kith_side *side, size_t copy)
{
    const size_t size = s->match_setup.shape->players * side->tower.hidden;
    if (side->tables) return;
    kith_clear(size, side->state + copy * size);
}

static void gather(const kith_envs *s, kith_side *side, size_t team, size_t members)
{
    const kith_game_shape *shape = s->match_setup.shape;
    const size_t seen = shape->players * shape->features, state = shape->players * side->tower.hidden;
    const size_t legal = shape->players * shape->actions;
    for (size_t i = 0; i < members; i++) {
        const size_t from = side->member[i] * 2 + team;
        kith_copy(seen, s->seen + from * seen, side->rows + i * seen);
        kith_copy(state, side->state + side->member[i] * state, kith_pass_before(&side->pass) + i * state);
        if (s->legal) memcpy(side->allowed + i * legal, s->legal + from * legal, legal);
    }
}

static void draw(kith_envs *s, kith_side *side, size_t team, size_t members)
{
    const kith_game_shape *shape = s->match_setup.shape;
    const size_t players = shape->players, state = players * side->tower.hidden;
    const kith_real *after = kith_pass_after(&side->pass);
    for (size_t i = 0; i < members; i++) {
        const size_t b = side->member[i];
        kith_copy(state, after + i * state, side->state + b * state);
        for (size_t j = 0; j < players; j++) {
            const kith_real *p = side->p + (i * players + j) * shape->actions;
            s->action[(2 * b + team) * players + j] =
                (int32_t)kith_categorical_draw(shape->actions, p, kith_draw_uniform(&s->acting[b]));
        }
    }
}

/* A table's row is for team 0; as team 1 it plays that of the mirrored state. */
static void act_by_table(kith_envs *s, size_t team, size_t copy, const kith_real *policy)
{
    const kith_game *game = s->match_setup.game;
    const size_t players = s->match_setup.shape->players, actions = s->match_setup.shape->actions;
    const char *state = (const char *)s->view.state + copy * s->match_setup.shape->state_size;
    if (s->end[copy] != KITH_PLAYING) return;
    size_t at = game->number(s->match_setup.self, state);
    if (team == 1) at = game->mirror(s->match_setup.self, at);
    for (size_t j = 0; j < players; j++)
        s->action[(2 * copy + team) * players + j] = (int32_t)kith_categorical_draw(
            actions, policy + (at * players + j) * actions, kith_draw_uniform(&s->acting[copy]));
}

void kith_side_act(kith_envs *s, kith_side *side, size_t team, const kith_real *const *policy, size_t count,
                   const kith_real *self)
{
    const size_t players = s->match_setup.shape->players;
    for (size_t b = 0; side->tables && b < s->copies; b++)
        act_by_table(s, team, b, policy[side->slot[b]]);
    for (size_t k = 0; !side->tables && k < count; k++) {
        size_t members = 0;
        for (size_t b = 0; b < s->copies; b++) {
            if (side->slot[b] == k) side->member[members++] = b;
        }
        if (members == 0) continue;
        side->pass.rows = side->pass.gru.rows = members * players;
        gather(s, side, team, members);
        kith_tower_forward(&side->tower, policy[k] ? policy[k] : self, side->rows, NULL, &side->pass);
        kith_categorical(members * players, s->match_setup.shape->actions, s->legal ? side->allowed : NULL,
                         side->pass.out, side->p);
        draw(s, side, team, members);
    }
}

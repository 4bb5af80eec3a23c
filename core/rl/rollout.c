#include "rl/rollout.h"

#include "base/headway.h"
#include "base/stop.h"

#include <string.h>

static size_t rows_of(const kith_workspace *w)
{
    return w->envs.copies * w->players;
}

static kith_status place(kith_ctx *ctx, kith_heap *heap, const kith_tower *t, size_t steps, size_t rows, kith_pass *out)
{
    kith_real *memory;
    KITH_TRY(KITH_TAKE(ctx, heap, "activations", kith_pass_length(t, steps, rows), &memory));
    kith_pass_place(t, steps, rows, memory, out);
    return KITH_OK;
}

kith_status kith_workspace_create(kith_ctx *ctx, kith_heap *heap, const kith_match_setup *match_setup,
                                  const kith_learner_config *config, kith_workspace *out)
{
    const kith_game_shape *shape = match_setup->shape;
    const size_t copies = (size_t)config->lane, hidden = (size_t)config->hidden, rows = copies * shape->players;
    kith_workspace w = {.steps = (size_t)config->steps,
                        .chunk = (size_t)config->chunk,
                        .players = shape->players,
                        .actions = shape->actions};
    w.actor = kith_policy_tower(shape, config);
    w.critic = (kith_tower){
        .in = shape->central ? shape->central : shape->players * shape->features, .hidden = hidden, .out = 1};
    const size_t actor = kith_tower_length(&w.actor), critic = kith_tower_length(&w.critic);
    KITH_TRY(kith_envs_create(ctx, heap, match_setup, copies, &w.envs));
    KITH_TRY(kith_side_create(ctx, heap, &w.envs, &w.actor, &w.opponents));
    KITH_TRY(place(ctx, heap, &w.actor, 1, rows, &w.act));
    KITH_TRY(place(ctx, heap, &w.critic, 1, copies, &w.judge));
    KITH_TRY(place(ctx, heap, &w.actor, w.chunk, rows, &w.act_chunk));
    KITH_TRY(place(ctx, heap, &w.critic, w.chunk, copies, &w.judge_chunk));
    KITH_TRY(KITH_TAKE(ctx, heap, "centralised states", copies * w.critic.in, &w.judged));
    KITH_TRY(KITH_TAKE(ctx, heap, "probabilities", w.chunk * rows * shape->actions, &w.p));
    KITH_TRY(KITH_TAKE(ctx, heap, "slopes", w.chunk * rows * shape->actions, &w.d));
    KITH_TRY(KITH_TAKE(ctx, heap, "weights", kith_tower_turned_length(&w.actor), &w.turned_actor));
    KITH_TRY(KITH_TAKE(ctx, heap, "weights", kith_tower_turned_length(&w.critic), &w.turned_critic));
    KITH_TRY(KITH_TAKE(ctx, heap, "a gradient", actor > critic ? actor : critic, &w.g));
    *out = w;
    return KITH_OK;
}

kith_status kith_trajectory_create(kith_ctx *ctx, const kith_workspace *w, kith_trajectory *t)
{
    const kith_game_shape *shape = w->envs.match_setup.shape;
    const size_t n = w->steps * w->envs.copies, rows = n * w->players, chunks = w->steps / w->chunk;
    const size_t copies = w->envs.copies, hidden = w->actor.hidden;
    kith_heap *heap = &t->heap;
    KITH_TRY(KITH_TAKE(ctx, heap, "observations", rows * shape->features, &t->seen));
    t->judged = t->seen;
    if (shape->central) KITH_TRY(KITH_TAKE(ctx, heap, "centralised states", n * shape->central, &t->judged));
    if (w->envs.legal) KITH_TRY(KITH_TAKE(ctx, heap, "legal actions", rows * shape->actions, &t->legal));
    if (w->envs.active) KITH_TRY(KITH_TAKE(ctx, heap, "active players", rows, &t->active));
    KITH_TRY(KITH_TAKE(ctx, heap, "beginnings", n, &t->keep));
    KITH_TRY(KITH_TAKE(ctx, heap, "beginnings", rows, &t->keep_rows));
    KITH_TRY(KITH_TAKE(ctx, heap, "actions", rows, &t->action));
    KITH_TRY(KITH_TAKE(ctx, heap, "probabilities", rows, &t->logp));
    KITH_TRY(KITH_TAKE(ctx, heap, "values", n + copies, &t->norm));
    KITH_TRY(KITH_TAKE(ctx, heap, "values", n + copies, &t->value));
    KITH_TRY(KITH_TAKE(ctx, heap, "rewards", n, &t->reward));
    KITH_TRY(KITH_TAKE(ctx, heap, "values", n, &t->tail));
    KITH_TRY(KITH_TAKE(ctx, heap, "ends", n, &t->end));
    KITH_TRY(KITH_TAKE(ctx, heap, "advantages", n, &t->advantage));
    KITH_TRY(KITH_TAKE(ctx, heap, "returns", n, &t->target));
    KITH_TRY(KITH_TAKE(ctx, heap, "recurrent states", chunks * copies * w->players * hidden, &t->actor_state));
    KITH_TRY(KITH_TAKE(ctx, heap, "recurrent states", chunks * copies * hidden, &t->critic_state));
    KITH_TRY(KITH_TAKE(ctx, heap, "rewards", copies, &t->episode_reward));
    KITH_TRY(KITH_TAKE(ctx, heap, "lengths", copies, &t->episode_length));
    return KITH_OK;
}

/* ---- playing ---- */

/* Team 0's part of what the environments show, which lies there beside team 1's. */
static void pick(size_t copies, size_t size, const void *both, void *own)
{
    for (size_t b = 0; b < copies; b++)
        memcpy((char *)own + b * size, (const char *)both + 2 * b * size, size);
}

static void record(kith_workspace *w, kith_trajectory *tr, size_t t)
{
    const kith_envs *s = &w->envs;
    const kith_game_shape *shape = s->match_setup.shape;
    const size_t copies = s->copies, rows = rows_of(w), real = sizeof(kith_real);
    pick(copies, w->players * shape->features * real, s->seen, tr->seen + t * rows * shape->features);
    if (s->central) pick(copies, shape->central * real, s->central, tr->judged + t * copies * shape->central);
    if (s->legal) pick(copies, w->players * shape->actions, s->legal, tr->legal + t * rows * shape->actions);
    if (s->active) pick(copies, w->players, s->active, tr->active + t * rows);
    for (size_t b = 0; b < copies; b++)
        memset(tr->keep_rows + (t * copies + b) * w->players, tr->keep[t * copies + b], w->players);
    if (t % w->chunk) return;
    const size_t at = t / w->chunk, hidden = w->actor.hidden;
    kith_copy(rows * hidden, kith_pass_before(&w->act), tr->actor_state + at * rows * hidden);
    kith_copy(copies * hidden, kith_pass_before(&w->judge), tr->critic_state + at * copies * hidden);
}

static void carry_on(const kith_pass *pass)
{
    kith_copy(pass->rows * pass->gru.hidden, kith_pass_after(pass), kith_pass_before(pass));
}

static void act(const kith_rollout *r, kith_workspace *w, kith_trajectory *tr, size_t t)
{
    const size_t rows = rows_of(w), players = w->players, from = t * rows;
    kith_tower_forward(&w->actor, r->actor, tr->seen + from * w->actor.in, tr->keep_rows + from, &w->act);
    kith_categorical(rows, w->actions, tr->legal ? tr->legal + from * w->actions : NULL, w->act.out, w->p);
    for (size_t i = 0; i < rows; i++) {
        const size_t b = i / players, j = i % players;
        const size_t a =
            kith_categorical_draw(w->actions, w->p + i * w->actions, kith_draw_uniform(&w->envs.acting[b]));
        w->envs.action[2 * b * players + j] = tr->action[from + i] = (int32_t)a;
        tr->logp[from + i] = w->act.out[i * w->actions + a];
    }
    carry_on(&w->act);
}

static kith_real in_rewards(const kith_moments *m, kith_real norm)
{
    return (kith_real)(kith_moments_mean(m) + kith_moments_deviation(m) * (double)norm);
}

static void judge(const kith_rollout *r, kith_workspace *w, kith_trajectory *tr, size_t t)
{
    const size_t copies = w->envs.copies, from = t * copies;
    kith_tower_forward(&w->critic, r->critic, tr->judged + from * w->critic.in, tr->keep + from, &w->judge);
    for (size_t b = 0; b < copies; b++) {
        tr->norm[from + b] = w->judge.out[b];
        tr->value[from + b] = in_rewards(r->moments, w->judge.out[b]);
    }
    carry_on(&w->judge);
}

/* The critic's opinion of what came last; its state stays as it is. out [B], in the unit of rewards. */
static kith_status judge_last(const kith_rollout *r, kith_workspace *w, kith_real *out)
{
    kith_envs *s = &w->envs;
    const size_t copies = s->copies;
    KITH_TRY(kith_envs_look(s));
    pick(copies, w->critic.in * sizeof(kith_real), s->central ? s->central : s->seen, w->judged);
    kith_tower_forward(&w->critic, r->critic, w->judged, NULL, &w->judge);
    for (size_t b = 0; b < copies; b++)
        out[b] = in_rewards(r->moments, w->judge.out[b]);
    return KITH_OK;
}

static void meet(const kith_rollout *r, kith_workspace *w, size_t b)
{
    double sum = 0;
    for (size_t i = 0; i < r->policies; i++)
        sum += r->weight[i];
    double at = sum * kith_draw_uniform(&w->envs.drawing[b]);
    size_t chosen = 0;
    for (size_t i = 0; i < r->policies; i++) {
        if (!(r->weight[i] > 0)) continue;
        chosen = i;
        at -= r->weight[i];
        if (at < 0) break;
    }
    w->opponents.slot[b] = chosen;
    kith_side_forget(&w->envs, &w->opponents, b);
}

static void count_episode(const kith_outcome *o, kith_trajectory *tr, size_t b, double *sums)
{
    sums[KITH_SUM_EPISODES] += 1;
    sums[o->winner < 0 ? KITH_SUM_DRAWN : o->winner == 0 ? KITH_SUM_WON : KITH_SUM_LOST] += 1;
    sums[KITH_SUM_REWARD] += tr->episode_reward[b];
    sums[KITH_SUM_LENGTH] += tr->episode_length[b];
    tr->episode_reward[b] = 0;
    tr->episode_length[b] = 0;
}

/* Whatever ended in step t is counted, judged where it was cut short, and begun anew. */
static kith_status turn_over(const kith_rollout *r, kith_workspace *w, kith_trajectory *tr, size_t t, double *sums)
{
    kith_envs *s = &w->envs;
    const size_t copies = s->copies, from = t * copies;
    bool any = false, cut = false;
    for (size_t b = 0; b < copies; b++) {
        any |= s->fresh[b] = s->end[b] != KITH_PLAYING;
        cut |= s->end[b] == KITH_TRUNCATED;
    }
    if (!any) return KITH_OK;
    if (cut) KITH_TRY(judge_last(r, w, tr->tail + from));
    KITH_TRY(kith_envs_judge(s));
    for (size_t b = 0; b < copies; b++) {
        if (!s->fresh[b]) continue;
        if (s->end[b] == KITH_TERMINATED) tr->tail[from + b] = 0;
        count_episode(&s->outcome[b], tr, b, sums);
        s->end[b] = KITH_PLAYING;
        meet(r, w, b);
    }
    return kith_envs_renew(s);
}

static kith_status step(const kith_rollout *r, kith_workspace *w, kith_trajectory *tr, size_t t, double *sums)
{
    kith_envs *s = &w->envs;
    const size_t copies = s->copies, from = t * copies;
    KITH_TRY(kith_envs_look(s));
    record(w, tr, t);
    act(r, w, tr, t);
    judge(r, w, tr, t);
    kith_side_act(s, &w->opponents, 1, r->policy, r->policies, r->actor);
    KITH_TRY(kith_envs_step(s));
    for (size_t b = 0; b < copies; b++) {
        tr->reward[from + b] = s->reward[2 * b];
        tr->end[from + b] = s->end[b];
        tr->episode_reward[b] += (double)s->reward[2 * b];
        tr->episode_length[b]++;
        if (t + 1 < w->steps) tr->keep[from + copies + b] = s->end[b] == KITH_PLAYING;
    }
    return turn_over(r, w, tr, t, sums);
}

static kith_status begin(kith_ctx *ctx, const kith_rollout *r, kith_workspace *w, kith_trajectory *tr)
{
    const size_t copies = w->envs.copies, hidden = w->actor.hidden;
    KITH_TRY(kith_envs_open(ctx, &w->envs, r->seed, r->a, r->index, r->first));
    kith_clear(rows_of(w) * hidden, kith_pass_before(&w->act));
    kith_clear(copies * hidden, kith_pass_before(&w->judge));
    memset(tr->keep, 0, copies);
    memset(tr->episode_reward, 0, copies * sizeof *tr->episode_reward);
    memset(tr->episode_length, 0, copies * sizeof *tr->episode_length);
    for (size_t b = 0; b < copies; b++)
        meet(r, w, b);
    return KITH_OK;
}

static void appraise(const kith_rollout *r, const kith_workspace *w, kith_trajectory *tr, double *sums)
{
    const size_t n = w->steps * w->envs.copies;
    const kith_returns returns = {.steps = w->steps,
                                  .copies = w->envs.copies,
                                  .discount = r->discount,
                                  .lambda = r->gae,
                                  .reward = tr->reward,
                                  .value = tr->value,
                                  .end = tr->end,
                                  .tail = tr->tail};
    kith_gae(&returns, tr->advantage);
    for (size_t i = 0; i < n; i++) {
        const double a = (double)tr->advantage[i], target = a + (double)tr->value[i];
        size_t active = w->players;
        if (tr->active) {
            active = 0;
            for (size_t j = 0; j < w->players; j++)
                active += tr->active[i * w->players + j] != 0;
        }
        tr->target[i] = (kith_real)target;
        sums[KITH_SUM_ACTIVE] += (double)active;
        sums[KITH_SUM_ADVANTAGE] += (double)active * a;
        sums[KITH_SUM_ADVANTAGE2] += (double)active * a * a;
        sums[KITH_SUM_TARGET] += target;
        sums[KITH_SUM_TARGET2] += target * target;
    }
}

kith_status kith_rollout_play(kith_ctx *ctx, const kith_rollout *r, kith_workspace *w, kith_trajectory *tr,
                              double *sums)
{
    for (size_t i = 0; i < KITH_SUMS; i++)
        sums[i] = 0;
    KITH_TRY(begin(ctx, r, w, tr));
    for (size_t t = 0; t < w->steps; t++) {
        KITH_TRY(kith_stop_check(ctx));
        kith_headway_within(2, "tick", t, w->steps);
        KITH_TRY(step(r, w, tr, t, sums));
    }
    KITH_TRY(judge_last(r, w, tr->value + w->steps * w->envs.copies));
    appraise(r, w, tr, sums);
    return KITH_OK;
}

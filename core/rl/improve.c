#include "rl/rollout.h"

/* Slopes of the actor's outputs in one chunk that starts at step t, into w->d. */
static void actor_slopes(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, size_t t,
                         kith_ppo_sums *sums)
{
    const size_t rows = w->act_chunk.rows, n = w->chunk * rows, from = t * rows, actions = w->actions;
    kith_categorical(n, actions, tr->legal ? tr->legal + from * actions : NULL, w->act_chunk.out, w->p);
    for (size_t i = 0; i < n; i++) {
        kith_real *d = w->d + i * actions;
        if (tr->active && !tr->active[from + i]) {
            kith_clear(actions, d);
            continue;
        }
        const double advantage =
            ((double)tr->advantage[(from + i) / w->players] - how->advantage_mean) * how->advantage_scale;
        kith_ppo_row(&how->ppo, actions, w->act_chunk.out + i * actions, w->p + i * actions, tr->action[from + i],
                     (double)tr->logp[from + i], advantage, d, sums);
    }
}

static double critic_slopes(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, size_t t)
{
    const size_t n = w->chunk * w->envs.copies, from = t * w->envs.copies;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double target = ((double)tr->target[from + i] - how->target_mean) * how->target_scale;
        double slope;
        sum += kith_value_loss((double)w->judge_chunk.out[i], (double)tr->norm[from + i], target, how->value_clip,
                               how->huber, &slope);
        w->d[i] = (kith_real)(how->value_weight * how->value_share * slope);
    }
    return sum;
}

static void actor_chunk(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, size_t at,
                        kith_ppo_sums *sums)
{
    const size_t rows = w->act_chunk.rows, state = rows * w->actor.hidden, t = at * w->chunk;
    const kith_real *x = tr->seen + t * rows * w->actor.in;
    const uint8_t *keep = tr->keep_rows + t * rows;
    kith_copy(state, tr->actor_state + at * state, kith_pass_before(&w->act_chunk));
    kith_tower_forward(&w->actor, how->actor, x, keep, &w->act_chunk);
    actor_slopes(how, w, tr, t, sums);
    kith_tower_backward(&w->actor, how->actor, w->turned_actor, x, keep, w->d, &w->act_chunk, w->g);
}

static double critic_chunk(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, size_t at)
{
    const size_t copies = w->envs.copies, state = copies * w->critic.hidden, t = at * w->chunk;
    const kith_real *x = tr->judged + t * copies * w->critic.in;
    const uint8_t *keep = tr->keep + t * copies;
    kith_copy(state, tr->critic_state + at * state, kith_pass_before(&w->judge_chunk));
    kith_tower_forward(&w->critic, how->critic, x, keep, &w->judge_chunk);
    const double loss = critic_slopes(how, w, tr, t);
    kith_tower_backward(&w->critic, how->critic, w->turned_critic, x, keep, w->d, &w->judge_chunk, w->g);
    return loss;
}

void kith_rollout_gradient(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, kith_real *g,
                           double *sums)
{
    const size_t actor = kith_tower_length(&w->actor), critic = kith_tower_length(&w->critic);
    kith_ppo_sums ppo = {0};
    double value = 0;
    kith_tower_turn(&w->actor, how->actor, w->turned_actor);
    kith_tower_turn(&w->critic, how->critic, w->turned_critic);
    kith_clear(actor + critic, g);
    for (size_t at = 0; at < w->steps / w->chunk; at++) {
        actor_chunk(how, w, tr, at, &ppo);
        kith_axpy(actor, 1, w->g, g);
    }
    for (size_t at = 0; at < w->steps / w->chunk; at++) {
        value += critic_chunk(how, w, tr, at);
        kith_axpy(critic, 1, w->g, g + actor);
    }
    sums[KITH_SUM_POLICY_LOSS] += ppo.loss;
    sums[KITH_SUM_ENTROPY] += ppo.entropy;
    sums[KITH_SUM_CLIPPED] += ppo.clipped;
    sums[KITH_SUM_VALUE_LOSS] += value;
}

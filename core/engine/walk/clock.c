/* Tokens on the virtual clock. */
#include "engine/walk/walk.h"

#include <math.h>

static size_t examples_of(const void *data, size_t learner)
{
    return kith_data_size(data, learner);
}

static kith_visit_plan_setup plan_setup(const kith_walkers *w)
{
    return (kith_visit_plan_setup){.participation = w->clock,
                                   .local = w->setup.local,
                                   .learners = w->learners,
                                   .seed = kith_run_seed(w->setup.run, w->setup.run->seed_participation),
                                   .examples = examples_of,
                                   .data = w->setup.data};
}

size_t kith_walk_steps(const kith_walkers *w, const kith_token *token, uint64_t n, uint32_t learner)
{
    const kith_visit_plan_setup setup = plan_setup(w);
    return kith_plan_steps(&setup, learner, n * w->tokens + token->number);
}

kith_status kith_walk_clock_rehearse(kith_ctx *ctx, const kith_role_setup *setup)
{
    const kith_walk_settings *own = setup->own;
    const kith_visit_plan_setup mine = {.participation = &own->clock,
                                        .local = setup->local,
                                        .learners = (size_t)setup->run->learners,
                                        .seed = kith_run_seed(setup->run, setup->run->seed_participation)};
    kith_timing *timing = NULL;
    if (!own->clock.timed) return KITH_OK;
    KITH_TRY(kith_timing_open(ctx, &mine, &timing));
    kith_timing_close(timing);
    return KITH_OK;
}

kith_status kith_walk_clock_open(kith_ctx *ctx, kith_walkers *w)
{
    const kith_visit_plan_setup setup = plan_setup(w);
    return w->clock->timed ? kith_timing_open(ctx, &setup, &w->timing) : KITH_OK;
}

kith_status kith_walk_clock_open_board(kith_ctx *ctx, kith_walkers *w)
{
    if (!w->timing) return KITH_OK;
    return kith_board_create(ctx, w->setup.exchange, "tokens' times", 2 * w->lanes.count, 1, sizeof(double), &w->times);
}

void kith_walk_clock_close(kith_walkers *w)
{
    if (w->times) kith_board_destroy(w->times);
    kith_timing_close(w->timing);
}

void kith_walk_clock_pass(const kith_walkers *w, const kith_token *token, uint64_t n, uint32_t from,
                          const uint32_t *path, size_t hops)
{
    const double bytes = kith_walk_message_bytes(w);
    if (!w->timing) return;
    kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token->number);
    for (size_t k = 0; k < hops; from = path[k++]) {
        if (path[k] != from)
            memory->time +=
                kith_timing_latency(w->timing, from, path[k]) + kith_timing_transfer(w->timing, from, path[k], bytes);
        memory->time +=
            kith_timing_work(w->timing, path[k], kith_walk_steps(w, token, n + k, path[k]), token->number, n + k);
    }
}

void kith_walk_clock_put_down(kith_walkers *w, size_t lane)
{
    double latest = 0.0;
    if (!w->timing) return;
    for (size_t t = lane * KITH_TOKEN_LANE; t < (lane + 1) * KITH_TOKEN_LANE && t < w->tokens; t++)
        latest = fmax(latest, ((const kith_token_memory *)kith_token_row(w, KITH_TOKEN_MEMORY, t))->time);
    *(double *)kith_board_row(w->times, kith_lanes_row(&w->lanes, lane)) = latest;
}

kith_status kith_walk_clock_turn(kith_walkers *w, kith_status mine)
{
    if (!w->timing) return kith_exchange_agree(w->setup.exchange, mine, NULL);
    KITH_TRY(kith_lanes_publish(&w->lanes, w->times, mine));
    for (size_t l = 0; l < w->lanes.count; l++)
        w->now = fmax(w->now, *(const double *)kith_board_row(w->times, kith_lanes_row(&w->lanes, l)));
    return KITH_OK;
}

double kith_walk_clock_time(const void *self)
{
    const kith_walkers *w = self;
    return w->timing ? w->now : NAN;
}

/* How much a team of networks can be beaten by: best responses trained against it. */
#include "engine/contest/inside.h"

#include "base/headway.h"

#include <string.h>

typedef struct trainer {
    kith_contest *contest;
    const kith_response_plan *plan;
    size_t entrant;
    kith_learner *learner;
    kith_real *best; /* the best response so far */
} trainer;

/* Its weight decides; of equal ones the newest. */
static size_t heaviest(const kith_entrant *e)
{
    size_t best = 0;
    for (size_t k = 1; k < e->count; k++)
        if (e->weight[k] >= e->weight[best]) best = k;
    return best;
}

static kith_status train(kith_ctx *ctx, trainer *t, kith_response *r)
{
    kith_contest *c = t->contest;
    const kith_entrant *e = &c->entrant[t->entrant];
    const kith_opponents opponents = kith_entrant_side(c, e, 1);
    kith_learner_report report;
    for (r->steps = 0; r->steps < t->plan->steps; r->steps += kith_learner_update_steps(t->learner)) {
        kith_headway_within(2, "step", r->steps, t->plan->steps);
        KITH_TRY(kith_learner_update(ctx, t->learner, &opponents, &report));
    }
    return KITH_OK;
}

static kith_status play(kith_ctx *ctx, trainer *t, const kith_real *policy, size_t number, kith_pairing *out)
{
    kith_contest *c = t->contest;
    const kith_opponents columns = kith_entrant_side(c, &c->entrant[t->entrant], 1);
    kith_match m = {.row = policy, .columns = &columns, .number = kith_response_number(c, t->entrant, number)};
    return kith_contest_match(ctx, c, &m, out);
}

static kith_status respond(kith_ctx *ctx, trainer *t, kith_response_plan *plan)
{
    kith_contest *c = t->contest;
    const kith_entrant *e = &c->entrant[t->entrant];
    const size_t responses = 2 * plan->seeds;
    for (size_t k = 0; k < responses; k++) {
        kith_response *r = &plan->response[k];
        kith_headway_within(1, "response", k, responses);
        *r = (kith_response){.seed = k / 2, .warm = k % 2 == 1};
        kith_learner_renew(t->learner, 1 + r->seed);
        if (r->warm) kith_learner_copy(t->learner, kith_entrant_policy(c, e, heaviest(e)));
        KITH_TRY(train(ctx, t, r));
        KITH_TRY(play(ctx, t, kith_learner_policy(t->learner), k, &r->result));
        if (plan->tell) plan->tell(plan->arg, r);
        if (k > 0 && r->result.payoff <= plan->best.result.payoff) continue;
        plan->best = *r;
        memcpy(t->best, kith_learner_policy(t->learner), c->entries * sizeof *t->best);
    }
    return play(ctx, t, t->best, responses, &plan->best.result);
}

kith_status kith_contest_respond(kith_ctx *ctx, kith_contest *c, size_t entrant, kith_response_plan *plan)
{
    trainer t = {.contest = c, .plan = plan, .entrant = entrant};
    const kith_learner_setup setup = {
        .match_setup = c->match_setup,
        .config = kith_contest_mappo(c),
        .name = "response",
        .seed = c->setup.seed,
        .number = (uint32_t)(KITH_MOST_LEARNERS + entrant)}; /* other streams than those of runs */
    kith_status status =
        c->kind == KITH_FORM_NETWORKS
            ? KITH_ALLOC(ctx, "a response", c->entries, &t.best)
            : kith_fail(ctx, KITH_ECONFIG,
                        "%s: its policies are tables, whose exploitability is told anyway; responses are "
                        "trained to networks",
                        c->entrant[entrant].name);
    status = kith_exchange_agree(c->setup.exchange, status, NULL);
    if (status == KITH_OK) status = kith_learner_create(ctx, c->setup.exchange, &setup, &t.learner);
    if (status == KITH_OK) status = respond(ctx, &t, plan);
    kith_learner_destroy(t.learner);
    kith_free(t.best);
    return status;
}

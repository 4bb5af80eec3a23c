#include "partial.h"

static const kith_param params[] = {
    {"body_steps", KITH_TYPE_INT, 0, offsetof(partial_config, body_steps), "1", "1..1000000000", "steps",
     "How many of a visit's steps, the last ones, move the body; those before move the head."},
    PARTIAL_PARAMS,
};

static bool is_own(const kith_block *block)
{
    return block->group == KITH_BLOCK_HEAD;
}

/* AdamW decays what has no gradient, so that it would not stand still. */
static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    if (setting->local->optimizer == KITH_OPTIMIZER_ADAMW && setting->local->weight_decay > 0.0)
        return kith_fail(ctx, KITH_ECONFIG,
                         "fedrep moves head and body in turn, and AdamW's weight decay would move both; set "
                         "local.weight_decay = 0 or local.optimizer = sgd");
    return partial_create(ctx, "fedrep", config, setting, is_own, "head", self);
}

/* Which coordinates stand still. */
typedef struct standing {
    const partial *p;
    bool head;
} standing;

/* So that gradient and weight decay add up to zero. */
static void stop(double decay, size_t first, size_t last, const kith_real *y, kith_real *g)
{
    const kith_real lambda = (kith_real)decay;
    for (size_t i = first; i < last; i++)
        g[i] = -(lambda * y[i]);
}

static void stand_still(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    const standing *s = arg;
    const parts *own = &s->p->parts;
    size_t at = 0;
    for (size_t r = 0; r < own->runs; r++) {
        const size_t first = own->run[r].first, last = first + own->run[r].count;
        stop(s->p->decay, s->head ? first : at, s->head ? last : first, y, g);
        at = last;
    }
    if (!s->head) stop(s->p->decay, at, v->dimension, y, g);
}

/* `steps` of the visit's steps, with the rest of the model standing still. */
static kith_status move(const kith_visit *v, const partial *p, bool head_stands, size_t steps, kith_real *y)
{
    standing s = {.p = p, .head = head_stands};
    const kith_sgd how = {.correct = stand_still, .arg = &s};
    kith_visit some = *v;
    some.steps = steps;
    return kith_visit_sgd(&some, &how, y, NULL);
}

/* Collins et al. 2021, Algorithm 1: tau updates of the head h_i, then the update of the representation phi. */
static kith_status client(void *self, kith_visit *v)
{
    const partial *p = self;
    const size_t body = p->body_steps < v->steps ? p->body_steps : v->steps;
    partial_begin(p, v, v->work);
    KITH_TRY(move(v, p, false, v->steps - body, v->work));
    KITH_TRY(move(v, p, true, body, v->work));
    partial_end(p, v, v->work);
    return KITH_OK;
}

static const kith_federated ops = {.client = client, PARTIAL_TABLE};

KITH_EXPORT_PLUGIN = {
    PARTIAL_PLUGIN(params, create, ops),
    .id = "fedrep",
    .summary = "FedRep: heads of learners' own are fitted to a shared body, and then the body to them",
    .reference = "arXiv 2102.07078",
};

/* Learners whose policies are tables of probabilities: the same steps for games with and without states. */
#include "engine/population/kind.h"

#include "base/call.h"
#include "base/headway.h"
#include "base/stop.h"

#include <kith/random.h>
#include <math.h>
#include <string.h>

/* ---- opening ---- */

/* Uniform, or weights drawn uniformly from [0, 1) and normalised. */
static void fill(const kith_arena *a, double *policy)
{
    const kith_policy_shape *shape = &a->tables->shape;
    kith_stream stream = kith_stream_at(kith_run_seed(a->setup.run, a->setup.run->seed_init), KITH_FOR_INIT, 0, 0);
    for (size_t i = 0; i < shape->rows; i++) {
        double *row = policy + i * shape->actions, sum = 0.0;
        for (size_t k = 0; k < shape->actions; k++) {
            row[k] = a->config->start ? 1.0 - kith_draw_uniform(&stream) : 1.0;
            sum += row[k];
        }
        for (size_t k = 0; k < shape->actions; k++)
            row[k] /= sum;
    }
}

static kith_status allocate(kith_ctx *ctx, kith_arena *a)
{
    kith_tables *t = a->tables;
    const size_t learners = a->ops->learner_count, planes = a->ops->memory;
    KITH_TRY(KITH_TAKE(ctx, &t->heap, "learners", learners * a->entries, &t->live));
    if (planes) KITH_TRY(KITH_TAKE(ctx, &t->heap, "learners' memory", learners * planes * a->entries, &t->memory));
    if (planes) KITH_TRY(KITH_TAKE(ctx, &t->heap, "learners' memory", planes, &t->plane));
    KITH_TRY(KITH_TAKE(ctx, &t->heap, "action values", 2 * a->entries, &t->q));
    t->response = t->q + a->entries;
    return KITH_OK;
}

kith_status kith_tables_open(kith_ctx *ctx, kith_arena *a, const kith_table_ops *ops, kith_policy_shape shape)
{
    const kith_population_config *c = a->config;
    KITH_TRY(KITH_ALLOC(ctx, "learners", 1, &a->tables));
    kith_tables *t = a->tables;
    *t = (kith_tables){.ops = ops, .shape = shape};
    t->pace = (kith_pace){.lr = c->lr,
                          .turn_lr = c->turn_lr,
                          .tolerance = c->tolerance,
                          .patience = (double)c->patience,
                          .share = c->patience_share};
    a->entries = shape.rows * shape.actions;
    a->element = sizeof(double);
    KITH_TRY(allocate(ctx, a));
    const size_t learners = a->ops->learner_count, planes = a->ops->memory;
    for (size_t l = 0; l < learners; l++)
        fill(a, t->live + l * a->entries);
    kith_arena_add_part(a, (kith_part){"learners", learners, a->entries, sizeof(double)}, t->live);
    if (planes)
        kith_arena_add_part(a, (kith_part){"learners' memory", learners * planes, a->entries, sizeof(double)},
                            t->memory);
    return KITH_OK;
}

void kith_tables_close(kith_arena *a)
{
    kith_tables *t = a->tables;
    if (!t) return;
    kith_heap_free(&t->heap);
    kith_free(t);
}

const void *kith_tables_live(const kith_arena *a, size_t learner)
{
    return a->tables->live + learner * a->entries;
}

/* ---- a job ---- */

void kith_tables_set_out(kith_arena *a, const kith_job *job)
{
    if (job->start == KITH_WARM) return;
    kith_tables *t = a->tables;
    const size_t memory = a->ops->memory * a->entries;
    memcpy(t->live + job->learner * a->entries, kith_tables_policy(a, job->start == KITH_COPY ? job->copy : 0),
           a->entries * sizeof *t->live);
    if (memory) memset(t->memory + job->learner * memory, 0, memory * sizeof *t->memory);
}

static uint64_t most_steps(const kith_arena *a, const kith_job *job)
{
    uint64_t most = job->stop.most ? job->stop.most : (uint64_t)a->config->most_steps;
    if (job->stop.follow && a->report[job->stop.follow - 1].steps < most) most = a->report[job->stop.follow - 1].steps;
    return job->stop.until == KITH_UNTIL_ANSWERED && !a->tables->ops->visits ? 1 : most;
}

static kith_status update(kith_ctx *ctx, kith_arena *a, const kith_job *job, uint64_t step, double *policy)
{
    kith_tables *t = a->tables;
    for (size_t m = 0; m < a->ops->memory; m++)
        t->plane[m] = t->memory + (job->learner * a->ops->memory + m) * a->entries;
    t->ops->actions(a, policy, t->q);
    const kith_update u = {.players = t->shape.rows,
                           .actions = t->shape.actions,
                           .step = step,
                           .q = t->q,
                           .policy = policy,
                           .memory = t->plane};
    KITH_TRY_VOID(ctx, a->setup.algorithm->plugin->id, "update", KITH_NOBODY, a->ops->update(a->self, &u));
    return KITH_OK;
}

bool kith_tables_sound(const kith_arena *a, const double *policy)
{
    const kith_policy_shape *shape = &a->tables->shape;
    for (size_t i = 0; i < shape->rows; i++) {
        double sum = 0.0, least = 0.0;
        for (size_t j = 0; j < shape->actions; j++) {
            const double p = policy[i * shape->actions + j];
            sum += p;
            if (!(p >= least)) least = p;
        }
        if (!(least >= 0.0) || !(fabs(sum - 1.0) < 1e-9)) return false;
    }
    return true;
}

static kith_status check_policy(kith_ctx *ctx, const kith_arena *a, size_t k, const double *policy)
{
    if (kith_tables_sound(a, policy)) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: step: job %zu of round %llu: its policy is no distribution any more",
                     a->setup.algorithm->plugin->id, k, (unsigned long long)a->count.round);
}

/* One step; returns whether the policy came to rest. */
static bool move(kith_arena *a, const kith_job *job, double *policy, kith_gait *gait)
{
    kith_tables *t = a->tables;
    t->ops->answer(a, policy, t->response);
    if (job->stop.until == KITH_UNTIL_ANSWERED) {
        const bool stays = !memcmp(policy, t->response, a->entries * sizeof *policy);
        memcpy(policy, t->response, a->entries * sizeof *policy);
        gait->steps++;
        return stays;
    }
    kith_pace_step(&t->shape, &t->pace, gait, t->response, policy);
    return job->stop.until == KITH_UNTIL_CONVERGED && gait->steps >= job->stop.least && kith_pace_rests(&t->pace, gait);
}

kith_status kith_tables_train(kith_ctx *ctx, kith_arena *a, size_t k, size_t count, kith_job_report *report)
{
    (void)count; /* 1 */
    const kith_job *job = &a->plan.job[k];
    kith_tables *t = a->tables;
    double *policy = t->live + job->learner * a->entries;
    kith_gait gait = {.steps = 0};
    const uint64_t most = most_steps(a, job);
    t->ops->begin(a);
    while (gait.steps < most && !report->converged) {
        KITH_TRY(kith_stop_check(ctx));
        kith_headway_within(1, "step", gait.steps, most);
        if (t->ops->visits || a->facing->lives || gait.steps == 0) t->ops->face(a, policy);
        if (a->ops->update)
            KITH_TRY(update(ctx, a, job, gait.steps++, policy));
        else
            report->converged = move(a, job, policy, &gait);
    }
    report->steps = gait.steps;
    return check_policy(ctx, a, k, policy);
}

#include "engine/work/deal.h"

#include <stdlib.h>

/* The first visit of a task leads to the others through `follower`. */
typedef struct task {
    size_t head;
    double cost;
    uint32_t domain;
} task;

struct kith_visit_queue {
    kith_exchange *exchange;
    kith_queue queue; /* of this domain's tasks */
    task *task;       /* [most] sorted by cost */
    size_t tasks;
    size_t *follower; /* [most] the next visit of the same task; SIZE_MAX: none */
    uint32_t *domain; /* [most] by visit */
    size_t *here;     /* [most] heads of this domain's tasks */
    size_t heres, next_visit;
    size_t learners;
    uint64_t *stamp; /* [learners] round in which a learner was last dealt */
    size_t *last;    /* [learners] its last visit in that round */
    size_t *task_of; /* [most] by visit */
    uint64_t round;
    double *load;  /* [domains] */
    double *share; /* [domains] workers there */
};

kith_status kith_visit_queue_open(kith_ctx *ctx, kith_exchange *exchange, kith_queues *queues, kith_dealing deal,
                                  size_t most, size_t learners, kith_visit_queue **out)
{
    const kith_place *place = kith_exchange_place(exchange);
    kith_visit_queue *q = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "visits", 1, &q));
    *q = (kith_visit_queue){.exchange = exchange, .learners = learners, .next_visit = SIZE_MAX};
    kith_queue_open(exchange, queues, deal, KITH_QUEUE_VISITS, &q->queue);
    kith_status status = KITH_ALLOC(ctx, "visits", most, &q->task);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &q->follower);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &q->domain);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &q->here);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &q->task_of);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", place->domains, &q->load);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", place->domains, &q->share);
    if (status == KITH_OK && learners) status = KITH_ALLOC(ctx, "visits", learners, &q->stamp);
    if (status == KITH_OK && learners) status = KITH_ALLOC(ctx, "visits", learners, &q->last);
    if (status != KITH_OK) {
        kith_visit_queue_close(q);
        return status;
    }
    for (size_t w = 0; w < place->workers; w++)
        q->share[kith_exchange_domain_of(exchange, w)] += 1.0;
    *out = q;
    return KITH_OK;
}

void kith_visit_queue_close(kith_visit_queue *q)
{
    if (!q) return;
    kith_free(q->task);
    kith_free(q->follower);
    kith_free(q->domain);
    kith_free(q->here);
    kith_free(q->task_of);
    kith_free(q->load);
    kith_free(q->share);
    kith_free(q->stamp);
    kith_free(q->last);
    kith_free(q);
}

static void group(kith_visit_queue *q, const kith_arrival *visit, size_t count)
{
    q->tasks = 0;
    for (size_t v = 0; v < count; v++) {
        q->follower[v] = SIZE_MAX;
        const double cost = (double)visit[v].steps;
        const size_t learner = visit[v].learner;
        if (q->learners && q->stamp[learner] == q->round) {
            const size_t before = q->last[learner];
            q->follower[before] = v;
            q->task_of[v] = q->task_of[before];
            q->task[q->task_of[v]].cost += cost;
        } else {
            q->task_of[v] = q->tasks;
            q->task[q->tasks++] = (task){.head = v, .cost = cost};
        }
        if (q->learners) {
            q->stamp[learner] = q->round;
            q->last[learner] = v;
        }
    }
}

static int costlier(const void *a, const void *b)
{
    const task *x = a, *y = b;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return x->head < y->head ? -1 : x->head > y->head;
}

/* Longest processing time first (Graham 1969), with each domain as fast as it has workers. */
static uint32_t least_loaded(const kith_visit_queue *q, size_t domains, double cost)
{
    size_t best = 0;
    for (size_t d = 1; d < domains; d++)
        if ((q->load[d] + cost) / q->share[d] < (q->load[best] + cost) / q->share[best]) best = d;
    return (uint32_t)best;
}

uint32_t kith_visit_queue_home(const kith_visit_queue *q, size_t learner)
{
    return (uint32_t)(learner % kith_exchange_place(q->exchange)->domains);
}

static void place_tasks(kith_visit_queue *q, const kith_arrival *visit)
{
    const kith_place *place = kith_exchange_place(q->exchange);
    for (size_t d = 0; d < place->domains; d++)
        q->load[d] = 0.0;
    for (size_t k = 0; k < q->tasks; k++) {
        task *t = &q->task[k];
        if (q->learners) {
            t->domain = kith_visit_queue_home(q, visit[t->head].learner);
        } else if (q->queue.deal == KITH_DEAL_DYNAMIC) {
            t->domain = least_loaded(q, place->domains, t->cost);
        } else {
            const bool blocked = q->queue.deal == KITH_DEAL_BLOCKED;
            const size_t worker = blocked ? k * place->workers / q->tasks : k % place->workers;
            t->domain = (uint32_t)kith_exchange_domain_of(q->exchange, worker);
        }
        q->load[t->domain] += t->cost;
    }
}

void kith_visit_queue_deal(kith_visit_queue *q, const kith_arrival *visit, size_t count)
{
    const size_t domain = kith_exchange_place(q->exchange)->domain;
    q->round++;
    group(q, visit, count);
    if (q->queue.deal == KITH_DEAL_DYNAMIC) qsort(q->task, q->tasks, sizeof *q->task, costlier);
    place_tasks(q, visit);
    q->heres = 0;
    q->next_visit = SIZE_MAX;
    for (size_t k = 0; k < q->tasks; k++) {
        for (size_t v = q->task[k].head; v != SIZE_MAX; v = q->follower[v])
            q->domain[v] = q->task[k].domain;
        if (q->task[k].domain == domain) q->here[q->heres++] = q->task[k].head;
    }
}

uint32_t kith_visit_queue_domain(const kith_visit_queue *q, size_t visit)
{
    return q->domain[visit];
}

size_t kith_visit_queue_next(kith_visit_queue *q)
{
    size_t visit = q->next_visit;
    if (visit == SIZE_MAX) {
        const size_t k = kith_queue_next(&q->queue, q->heres);
        if (k == SIZE_MAX) return SIZE_MAX;
        visit = q->here[k];
    }
    q->next_visit = q->follower[visit];
    return visit;
}

void kith_visit_queue_turn(kith_visit_queue *q)
{
    kith_queue_turn(&q->queue);
}

#include "engine/work/deal.h"

#include <stdlib.h>

/* The first visit of a task leads to the others through `follower`. */
typedef struct task {
    size_t head;
    double cost;
    uint32_t domain;
    size_t worker; /* who makes it, where that is decided beforehand */
} task;

struct kith_hand {
    kith_exchange *exchange;
    kith_dealer *dealer;
    kith_dealing deal;
    size_t deck;
    task *task; /* [most] sorted by cost */
    size_t tasks;
    size_t *follower; /* [most] the next visit of the same task; SIZE_MAX: none */
    uint32_t *domain; /* [most] by visit */
    size_t *mine;     /* [most] heads of this worker's or its domain's tasks */
    size_t mines, next_mine, next_visit;
    size_t learners;
    uint64_t *stamp; /* [learners] round in which a learner was last dealt */
    size_t *last;    /* [learners] its last visit in that round */
    size_t *task_of; /* [most] by visit */
    uint64_t round;
    double *load;  /* [domains] */
    double *share; /* [domains] workers there */
};

kith_status kith_hand_open(kith_ctx *ctx, kith_exchange *exchange, kith_dealer *dealer, kith_dealing deal, size_t most,
                           size_t learners, kith_hand **out)
{
    const kith_place *place = kith_exchange_place(exchange);
    kith_hand *h = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "visits", 1, &h));
    *h =
        (kith_hand){.exchange = exchange, .dealer = dealer, .deal = deal, .learners = learners, .next_visit = SIZE_MAX};
    kith_status status = KITH_ALLOC(ctx, "visits", most, &h->task);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &h->follower);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &h->domain);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &h->mine);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", most, &h->task_of);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", place->domains, &h->load);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "visits", place->domains, &h->share);
    if (status == KITH_OK && learners) status = KITH_ALLOC(ctx, "visits", learners, &h->stamp);
    if (status == KITH_OK && learners) status = KITH_ALLOC(ctx, "visits", learners, &h->last);
    if (status != KITH_OK) {
        kith_hand_close(h);
        return status;
    }
    for (size_t w = 0; w < place->workers; w++)
        h->share[kith_exchange_domain_of(exchange, w)] += 1.0;
    *out = h;
    return KITH_OK;
}

void kith_hand_close(kith_hand *h)
{
    if (!h) return;
    kith_free(h->task);
    kith_free(h->follower);
    kith_free(h->domain);
    kith_free(h->mine);
    kith_free(h->task_of);
    kith_free(h->load);
    kith_free(h->share);
    kith_free(h->stamp);
    kith_free(h->last);
    kith_free(h);
}

static void group(kith_hand *h, const kith_arrival *visit, size_t count)
{
    h->tasks = 0;
    for (size_t v = 0; v < count; v++) {
        h->follower[v] = SIZE_MAX;
        const double cost = (double)visit[v].steps;
        const size_t learner = visit[v].learner;
        if (h->learners && h->stamp[learner] == h->round) {
            const size_t before = h->last[learner];
            h->follower[before] = v;
            h->task_of[v] = h->task_of[before];
            h->task[h->task_of[v]].cost += cost;
        } else {
            h->task_of[v] = h->tasks;
            h->task[h->tasks++] = (task){.head = v, .cost = cost};
        }
        if (h->learners) {
            h->stamp[learner] = h->round;
            h->last[learner] = v;
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
static uint32_t least_loaded(const kith_hand *h, size_t domains, double cost)
{
    size_t best = 0;
    for (size_t d = 1; d < domains; d++)
        if ((h->load[d] + cost) / h->share[d] < (h->load[best] + cost) / h->share[best]) best = d;
    return (uint32_t)best;
}

uint32_t kith_hand_home(const kith_hand *h, size_t learner)
{
    return (uint32_t)(learner % kith_exchange_place(h->exchange)->domains);
}

static void place_tasks(kith_hand *h, const kith_arrival *visit)
{
    const kith_place *place = kith_exchange_place(h->exchange);
    for (size_t d = 0; d < place->domains; d++)
        h->load[d] = 0.0;
    for (size_t k = 0; k < h->tasks; k++) {
        task *t = &h->task[k];
        t->worker = h->deal == KITH_DEAL_BLOCKED ? k * place->workers / h->tasks : k % place->workers;
        if (h->learners) {
            t->domain = kith_hand_home(h, visit[t->head].learner);
        } else if (h->deal == KITH_DEAL_DYNAMIC) {
            t->domain = least_loaded(h, place->domains, t->cost);
        } else {
            t->domain = (uint32_t)kith_exchange_domain_of(h->exchange, t->worker);
        }
        h->load[t->domain] += t->cost;
    }
}

/* Where the domain is bound to the learner, the worker is only a number to divide by. */
static bool is_mine(const kith_hand *h, const task *t)
{
    const kith_place *place = kith_exchange_place(h->exchange);
    if (t->domain != place->domain) return false;
    if (h->deal == KITH_DEAL_DYNAMIC) return true;
    return h->learners ? t->worker % place->locals == place->local : t->worker == place->worker;
}

void kith_hand_deal(kith_hand *h, size_t deck, const kith_arrival *visit, size_t count)
{
    h->round++;
    h->deck = deck;
    group(h, visit, count);
    if (h->deal == KITH_DEAL_DYNAMIC) qsort(h->task, h->tasks, sizeof *h->task, costlier);
    place_tasks(h, visit);
    h->mines = h->next_mine = 0;
    h->next_visit = SIZE_MAX;
    for (size_t k = 0; k < h->tasks; k++) {
        for (size_t v = h->task[k].head; v != SIZE_MAX; v = h->follower[v])
            h->domain[v] = h->task[k].domain;
        if (is_mine(h, &h->task[k])) h->mine[h->mines++] = h->task[k].head;
    }
}

uint32_t kith_hand_domain(const kith_hand *h, size_t visit)
{
    return h->domain[visit];
}

size_t kith_hand_next(kith_hand *h)
{
    size_t visit = h->next_visit;
    if (visit == SIZE_MAX) {
        const size_t k = h->deal == KITH_DEAL_DYNAMIC ? (size_t)kith_dealer_next(h->dealer, h->deck) : h->next_mine++;
        if (k >= h->mines) return SIZE_MAX;
        visit = h->mine[k];
    }
    h->next_visit = h->follower[visit];
    return visit;
}

/* Agreeing: the workers of a domain meet in memory that they share, and the first workers of the domains by MPI.
 *
 * Whoever waits looks at the memory for a while, and then sleeps until the kernel wakes it: on a machine whose
 * processors are wanted elsewhere, looking takes them away from those that are waited for. How long the while is
 * follows from how the last waits ended.
 */
#include "exchange/inside.h"
#include "exchange/narrow.h"

#include "base/now.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef struct slot {
    _Alignas(64) uint64_t own[KITH_AGREED];
} slot;

/* In the domain's memory. Nobody can come to turn t + 2 before all have left turn t, so two rooms for results do. */
struct kith_barrier {
    _Alignas(64) _Atomic uint32_t arrived;  /* workers that wait in this turn */
    _Alignas(64) _Atomic uint32_t turn;     /* turns that are over */
    _Alignas(64) _Atomic uint32_t sleepers; /* workers that want to be woken */
    uint64_t worst[2][KITH_AGREED];
    slot slot[];
};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && sizeof(_Atomic uint32_t) == sizeof(uint32_t), "the kernel reads this word");

/* A wait that is longer costs less when it sleeps; sleeping and being woken takes some 50 us. */
static const double shortest = 5e-6, longest = 400e-6;

static void relax(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static bool changes_soon(kith_exchange *ex, const _Atomic uint32_t *word, uint32_t from)
{
    enum { LOOKS = 64 };
    const double begin = kith_now();
    do
        for (int k = 0; k < LOOKS; k++) {
            if (atomic_load_explicit(word, memory_order_acquire) != from) return true;
            relax();
        }
    while (kith_now() - begin < ex->looking_s);
    return false;
}

static void await_change(kith_exchange *ex, _Atomic uint32_t *word, uint32_t from)
{
    if (changes_soon(ex, word, from)) {
        ex->looking_s = ex->looking_s * 1.25 < longest ? ex->looking_s * 1.25 : longest;
        return;
    }
    ex->looking_s = ex->looking_s * 0.5 > shortest ? ex->looking_s * 0.5 : shortest;
    atomic_fetch_add(&ex->barrier->sleepers, 1);
    while (atomic_load(word) == from)
        syscall(SYS_futex, word, FUTEX_WAIT, from, NULL, NULL, 0); /* also returns where it changed, or on a signal */
    atomic_fetch_sub(&ex->barrier->sleepers, 1);
}

/* After the word has changed. Sleepers are counted before they look once more, so none is missed. */
static void wake(kith_barrier *b, _Atomic uint32_t *word)
{
    if (atomic_load(&b->sleepers)) syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

kith_status kith_wait_requests(kith_exchange *ex, const char *doing, size_t count, MPI_Request *request,
                               MPI_Status *status)
{
    int requests = 0, done = 0;
    KITH_TRY(kith_narrow(ex->trouble, "requests", count, &requests));
    const double begin = kith_now();
    for (;;) {
        KITH_TRY(kith_mpi_check(ex, doing, MPI_Testall(requests, request, &done, status)));
        if (done) return KITH_OK;
        const double waited = kith_now() - begin;
        if (waited < ex->looking_s) continue;
        /* MPI has nothing to sleep on, so it is asked again after a sixteenth of the time that went by. */
        const double nap = waited / 16 < 1e-3 ? waited / 16 : 1e-3;
        nanosleep(&(struct timespec){.tv_nsec = (long)(nap * 1e9)}, NULL);
    }
}

static kith_status agree_between_domains(kith_exchange *ex, uint64_t *worst)
{
    MPI_Request request = MPI_REQUEST_NULL;
    if (ex->place.domains == 1) return KITH_OK;
    KITH_TRY(
        kith_mpi_check(ex, "agreeing",
                       MPI_Iallreduce(MPI_IN_PLACE, worst, KITH_AGREED, MPI_UINT64_T, MPI_MAX, ex->leaders, &request)));
    return kith_wait_requests(ex, "agreeing", 1, &request, MPI_STATUSES_IGNORE);
}

/* What the worker that came last does, or where there are several domains the first one, once all are there. */
static kith_status end_turn(kith_exchange *ex, uint32_t turn)
{
    kith_barrier *b = ex->barrier;
    uint64_t *worst = b->worst[turn & 1];
    for (size_t k = 0; k < KITH_AGREED; k++) {
        worst[k] = 0;
        for (size_t w = 0; w < ex->place.locals; w++)
            if (b->slot[w].own[k] > worst[k]) worst[k] = b->slot[w].own[k];
    }
    KITH_TRY(agree_between_domains(ex, worst));
    atomic_store(&b->arrived, 0);
    atomic_store(&b->turn, turn + 1);
    wake(b, &b->turn);
    return KITH_OK;
}

static void await_all(kith_exchange *ex)
{
    kith_barrier *b = ex->barrier;
    for (uint32_t there = 0; (there = atomic_load(&b->arrived)) < ex->place.locals;)
        await_change(ex, &b->arrived, there);
}

/* All workers of the domain, in the same order. */
static kith_status agree_in_domain(kith_exchange *ex, const uint64_t *own, uint64_t *worst)
{
    kith_barrier *b = ex->barrier;
    const uint32_t turn = atomic_load(&b->turn);
    const bool several = ex->place.domains > 1;
    for (size_t k = 0; k < KITH_AGREED; k++)
        b->slot[ex->place.local].own[k] = own[k];
    const bool last = atomic_fetch_add(&b->arrived, 1) + 1 == ex->place.locals;
    if (several && last) wake(b, &b->arrived);
    if (several ? ex->place.local == 0 : last) {
        if (several) await_all(ex);
        KITH_TRY(end_turn(ex, turn));
    } else {
        await_change(ex, &b->turn, turn);
    }
    for (size_t k = 0; k < KITH_AGREED; k++)
        worst[k] = b->worst[turn & 1][k];
    return KITH_OK;
}

kith_status kith_agree_on(kith_exchange *ex, const uint64_t *own, uint64_t *worst)
{
    if (!ex->joined)
        return kith_mpi_check(ex, "agreeing", MPI_Allreduce(own, worst, KITH_AGREED, MPI_UINT64_T, MPI_MAX, ex->all));
    if (ex->place.locals > 1) return agree_in_domain(ex, own, worst);
    for (size_t k = 0; k < KITH_AGREED; k++)
        worst[k] = own[k];
    return agree_between_domains(ex, worst);
}

kith_status kith_barrier_create(kith_ctx *ctx, kith_exchange *ex)
{
    if (!ex->launched) return KITH_OK;
    const size_t bytes = sizeof(kith_barrier) + ex->place.locals * sizeof(slot);
    ex->looking_s = kith_cores_short() ? shortest : longest;
    KITH_TRY(kith_share_create(ctx, ex, "agreements", bytes, &ex->meeting));
    ex->barrier = ex->meeting.memory;
    ex->joined = true;
    return KITH_OK;
}

void kith_barrier_destroy(kith_exchange *ex)
{
    kith_share_destroy(&ex->meeting);
    ex->barrier = NULL;
    ex->joined = false;
}

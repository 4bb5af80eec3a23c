/* Starting, agreeing, ending: who this worker is among all. */
#include "exchange/inside.h"

#include "base/stop.h"
#include "exchange/narrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

kith_status kith_mpi_check(kith_exchange *ex, const char *doing, int code)
{
    if (code == MPI_SUCCESS) return KITH_OK;
    ex->broken = true;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) text[0] = '\0';
    return kith_fail(ex->trouble, KITH_EEXCHANGE,
                     "MPI failed while %s: %s; check that every host and the network are "
                     "up",
                     doing, text[0] ? text : "no reason given");
}

void kith_exchange_library(char *text, size_t size)
{
    char whole[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    if (MPI_Get_library_version(whole, &length) != MPI_SUCCESS) whole[0] = '\0';
    snprintf(text, size, "%s", whole);
}

/* Open MPI reads them during MPI_Init. A user's own choice stays. */
static kith_status set_choices(kith_exchange *ex)
{
    const bool yields = !kith_cores_short() || setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0) == 0;
    /* Its own ways through shared memory (vader, from 5 on sm) crash among processes that do not see each other. */
    const bool fits = !kith_contained_apart() || setenv("OMPI_MCA_btl", "^vader,sm", 0) == 0;
    /* The other way to find out which interfaces reach each other (netlink, preferred from Open MPI 5 on) asks for the
     * route to this host itself, finds none that it takes, and has every worker complain. */
    if (yields && fits && setenv("OMPI_MCA_reachable", "weighted", 0) == 0) return KITH_OK;
    return kith_fail(ex->trouble, KITH_EMEMORY, "no memory for an environment variable");
}

static kith_status start_mpi(kith_exchange *ex)
{
    int started = 0;
    KITH_TRY(kith_mpi_check(ex, "starting", MPI_Initialized(&started)));
    if (started)
        return kith_fail(ex->trouble, KITH_EINTERNAL, "MPI was started twice in one process; report this as a bug");
    KITH_TRY(set_choices(ex));
    KITH_TRY(kith_mpi_check(ex, "starting", MPI_Init(NULL, NULL)));
    /* Else a failing call would end the process without a word of ours. Communicators inherit it. What belongs to no
     * communicator, as a lost host, is raised on that of the process itself from MPI 4 on. */
    KITH_TRY(kith_mpi_check(ex, "starting", MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN)));
    return kith_mpi_check(ex, "starting", MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
}

/* The lowest rank of `host` whose processes may be looked into, for memory is shared by way of /proc: one in the same
 * namespaces of processes and of users. */
static kith_status find_room(kith_exchange *ex, MPI_Comm host, int rank, int *room)
{
    enum { PROCESSES, USERS, RANK, FIELDS };
    static const char doing[] = "finding who shares a host";
    struct stat processes = {0}, users = {0};
    int count = 0;
    uint64_t *all = NULL;
    /* without /proc nothing can be shared, which is said when it is tried */
    if (stat("/proc/self/ns/pid", &processes) || stat("/proc/self/ns/user", &users)) processes.st_ino = 0;
    const uint64_t own[FIELDS] = {processes.st_ino, users.st_ino, (uint64_t)rank};
    KITH_TRY(kith_mpi_check(ex, doing, MPI_Comm_size(host, &count)));
    KITH_TRY(KITH_ALLOC(ex->trouble, "workers of a host", FIELDS * (size_t)count, &all));
    const kith_status status =
        kith_mpi_check(ex, doing, MPI_Allgather(own, FIELDS, MPI_UINT64_T, all, FIELDS, MPI_UINT64_T, host));
    for (int i = count - 1; status == KITH_OK && i >= 0; i--)
        if (memcmp(all + FIELDS * (size_t)i, own, RANK * sizeof *own) == 0) *room = (int)all[FIELDS * (size_t)i + RANK];
    kith_free(all);
    return status;
}

/* Where each rank stands. */
static kith_status find_seats(kith_exchange *ex, MPI_Comm base, int rank, kith_seat *seat_of_rank)
{
    static const char doing[] = "finding who shares a host";
    MPI_Comm host = MPI_COMM_NULL;
    kith_seat own = {.host = rank, .room = rank};
    KITH_TRY(kith_mpi_check(ex, doing, MPI_Comm_split_type(base, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host)));
    KITH_TRY(kith_mpi_check(ex, doing, MPI_Bcast(&own.host, 1, MPI_INT, 0, host)));
    KITH_TRY(find_room(ex, host, rank, &own.room));
    KITH_TRY(kith_mpi_check(ex, doing, MPI_Comm_free(&host)));
    return kith_mpi_check(ex, doing, MPI_Allgather(&own, 2, MPI_INT, seat_of_rank, 2, MPI_INT, base));
}

static void find_place(kith_exchange *ex, size_t worker)
{
    const kith_layout *layout = &ex->layout;
    kith_place *place = &ex->place;
    size_t d = 0;
    while (layout->first[d + 1] <= worker)
        d++;
    *place = (kith_place){.worker = worker,
                          .workers = layout->workers,
                          .domain = d,
                          .domains = layout->domains,
                          .local = worker - layout->first[d],
                          .locals = layout->first[d + 1] - layout->first[d],
                          .hosts = layout->hosts};
    ex->host_domains = 0;
    for (size_t i = 0; i < layout->domains; i++)
        ex->host_domains += layout->host_of_domain[i] == layout->host_of_domain[d];
}

/* The three circles: all workers in order, this domain's, and the domains' first workers. */
static kith_status split(kith_exchange *ex, MPI_Comm base)
{
    int worker = 0, domain = 0;
    KITH_TRY(kith_narrow(ex->trouble, "workers", ex->place.worker, &worker));
    KITH_TRY(kith_narrow(ex->trouble, "domains", ex->place.domain, &domain));
    KITH_TRY(kith_mpi_check(ex, "ordering workers", MPI_Comm_split(base, 0, worker, &ex->all)));
    KITH_TRY(kith_mpi_check(ex, "splitting domains", MPI_Comm_split(ex->all, domain, worker, &ex->domain)));
    return kith_mpi_check(ex, "joining domains",
                          MPI_Comm_split(ex->all, ex->place.local ? MPI_UNDEFINED : 0, worker, &ex->leaders));
}

static kith_status join_workers(size_t domains, MPI_Comm base, kith_exchange *ex)
{
    int rank = 0, ranks = 0;
    kith_seat *seat_of_rank = NULL;
    KITH_TRY(kith_mpi_check(ex, "counting workers", MPI_Comm_rank(base, &rank)));
    KITH_TRY(kith_mpi_check(ex, "counting workers", MPI_Comm_size(base, &ranks)));
    KITH_TRY(KITH_ALLOC(ex->trouble, "workers", (size_t)ranks, &seat_of_rank));
    kith_status status = find_seats(ex, base, rank, seat_of_rank);
    if (status == KITH_OK) status = kith_layout_make(ex->trouble, seat_of_rank, (size_t)ranks, domains, &ex->layout);
    kith_free(seat_of_rank);
    KITH_TRY(status);
    find_place(ex, ex->layout.worker_of_rank[rank]);
    return split(ex, base);
}

static kith_status join_all(size_t domains, kith_exchange *ex)
{
    KITH_TRY(start_mpi(ex));
    return join_workers(domains, MPI_COMM_WORLD, ex);
}

/* Workers are numbered host by host, so a group of consecutive ones has as few hosts as can be. */
static kith_status join_group(const kith_exchange *whole, size_t size, size_t domains, kith_exchange *ex)
{
    MPI_Comm base = MPI_COMM_NULL;
    int group = 0, worker = 0;
    KITH_TRY(kith_narrow(ex->trouble, "groups", whole->place.worker / size, &group));
    KITH_TRY(kith_narrow(ex->trouble, "workers", whole->place.worker, &worker));
    KITH_TRY(kith_mpi_check(ex, "forming groups", MPI_Comm_split(whole->all, group, worker, &base)));
    const kith_status status = join_workers(domains, base, ex);
    const int freed = ex->broken ? MPI_SUCCESS : MPI_Comm_free(&base);
    return status == KITH_OK ? kith_mpi_check(ex, "forming groups", freed) : status;
}

static kith_status be_alone(kith_exchange *ex)
{
    static const kith_seat only = {.host = 0};
    KITH_TRY(kith_layout_make(ex->trouble, &only, 1, 1, &ex->layout));
    find_place(ex, 0);
    return KITH_OK;
}

/* Others may never come to the end of a job that broke; the launcher ends them when this worker goes without it. */
static void end_mpi(kith_exchange *ex)
{
    if (!ex->launched || ex->broken) return;
    MPI_Comm *const circles[] = {&ex->leaders, &ex->domain, &ex->all};
    bool clean = true;
    for (size_t i = 0; i < sizeof circles / sizeof *circles; i++)
        if (*circles[i] != MPI_COMM_NULL) clean = MPI_Comm_free(circles[i]) == MPI_SUCCESS && clean;
    if (ex->part) return;
    if (MPI_Finalize() != MPI_SUCCESS || !clean)
        kith_note(ex->ctx, "MPI did not end cleanly; results that were written are complete");
}

static void free_exchange(kith_exchange *ex)
{
    kith_barrier_destroy(ex);
    kith_courier_destroy(&ex->courier);
    kith_layout_destroy(&ex->layout);
    kith_ctx_destroy(ex->trouble);
    kith_free(ex);
}

static kith_status begin(kith_ctx *ctx, bool launched, kith_exchange **out)
{
    kith_exchange *ex = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "exchange", 1, &ex));
    *ex = (kith_exchange){
        .ctx = ctx, .launched = launched, .all = MPI_COMM_NULL, .domain = MPI_COMM_NULL, .leaders = MPI_COMM_NULL};
    ex->trouble = kith_ctx_create();
    if (ex->trouble) {
        *out = ex;
        return KITH_OK;
    }
    kith_free(ex);
    return kith_fail(ctx, KITH_EMEMORY, "exchange: no memory for its messages");
}

kith_status kith_exchange_open(kith_ctx *ctx, const kith_exchange_options *options, const char *fingerprint,
                               kith_exchange **out)
{
    kith_exchange *ex = NULL;
    KITH_TRY(begin(ctx, options->launched, &ex));
    kith_status status = ex->launched ? join_all(options->domains, ex) : be_alone(ex);
    if (status != KITH_OK) {
        /* Before workers are joined they cannot agree; when one ends without MPI_Finalize, the launcher ends all. */
        kith_fail(ctx, status, "%s", kith_ctx_message(ex->trouble));
        goto fail;
    }
    status = kith_exchange_settle(
        ctx, ex,
        kith_compare_lines(ex, fingerprint,
                           "install the same build and BLIS on every host, with processors of one type"));
    if (status == KITH_OK) status = kith_exchange_settle(ctx, ex, kith_courier_create(ex->trouble, ex));
    if (status == KITH_OK) status = kith_barrier_create(ctx, ex);
    if (status != KITH_OK) goto leave;
    if (ex->layout.rooms > ex->layout.hosts && ex->place.worker == 0)
        kith_note(ctx,
                  "workers of %s are in %zu containers that do not see each other's processes, so each of "
                  "them has a copy of what workers share, and MPI goes between them",
                  ex->layout.hosts > 1 ? "some hosts" : "this host", ex->layout.rooms);
    *out = ex;
    return KITH_OK;

leave:
    end_mpi(ex);
fail:
    free_exchange(ex);
    return status;
}

kith_status kith_exchange_split(kith_ctx *ctx, kith_exchange *whole, size_t size, size_t domains, kith_exchange **out)
{
    kith_exchange *ex = NULL;
    kith_status status = kith_exchange_agree(whole, begin(ctx, whole->launched, &ex), NULL);
    if (status != KITH_OK) {
        if (ex) free_exchange(ex);
        return status;
    }
    ex->part = true;
    status = ex->launched ? join_group(whole, size, domains, ex) : be_alone(ex);
    if (status == KITH_OK) status = kith_courier_create(ex->trouble, ex);
    if (status != KITH_OK) kith_fail(ctx, status, "%s", kith_ctx_message(ex->trouble));
    whole->broken |= ex->broken;
    status = kith_exchange_agree(whole, status, NULL);
    if (status == KITH_OK) {
        /* a group has agreed on who speaks */
        const kith_status met = kith_barrier_create(ctx, ex);
        status = kith_exchange_agree(whole, ex->speaker ? met : KITH_OK, NULL);
    }
    if (status == KITH_OK) {
        *out = ex;
        return KITH_OK;
    }
    end_mpi(ex);
    free_exchange(ex);
    return status;
}

void kith_exchange_close(kith_exchange *ex)
{
    if (!ex) return;
    end_mpi(ex);
    free_exchange(ex);
}

void kith_exchange_abort(kith_exchange *ex, int code)
{
    if (ex && ex->launched) MPI_Abort(MPI_COMM_WORLD, code);
}

const kith_place *kith_exchange_place(const kith_exchange *ex)
{
    return &ex->place;
}

kith_traffic kith_exchange_traffic(const kith_exchange *ex)
{
    return ex->traffic;
}

/* One number carries about what, by whom and which status; the largest wins: the lowest item, then the lowest
 * worker. Where all have failed together and agree once more, the one that has the words still does. */
static uint64_t verdict(const kith_exchange *ex, kith_status mine)
{
    if (mine == KITH_OK) return 0;
    const size_t rank = ex->speaker ? ex->place.workers + 1 : ex->place.workers - ex->place.worker;
    return (uint64_t)(UINT32_MAX - (ex->speaker ? 0 : ex->item)) << 32 | (uint64_t)rank << 8 | (uint64_t)mine;
}

void kith_exchange_blame(kith_exchange *ex, uint32_t item)
{
    ex->item = item;
}

/* No agreement, so nobody else will speak of it. */
static kith_status give_up(kith_ctx *ctx, kith_exchange *ex)
{
    ex->speaker = true;
    if (kith_ctx_message(ex->trouble)[0]) kith_fail(ctx, KITH_EEXCHANGE, "%s", kith_ctx_message(ex->trouble));
    return KITH_EEXCHANGE;
}

kith_status kith_exchange_agree(kith_exchange *ex, kith_status mine, bool *stop)
{
    /* whatever it failed with is a consequence */
    if (kith_stop_given_up()) mine = KITH_ESTOPPED;
    uint64_t own[KITH_AGREED] = {verdict(ex, mine), stop && *stop}, worst[KITH_AGREED] = {own[0], own[1]};
    if (ex->broken) return give_up(ex->ctx, ex);
    if (ex->launched && ex->place.workers > 1 && kith_agree_on(ex, own, worst) != KITH_OK) return give_up(ex->ctx, ex);
    ex->item = 0;
    if (stop) *stop = worst[1] != 0;
    ex->speaker = worst[0] != 0 && worst[0] == own[0];
    return (kith_status)(worst[0] & 0xff);
}

kith_status kith_exchange_traffic_total(kith_exchange *ex, kith_traffic *out)
{
    uint64_t own[2] = {ex->traffic.bytes, ex->traffic.messages}, all[2] = {own[0], own[1]};
    if (ex->broken) return give_up(ex->ctx, ex);
    if (ex->place.domains > 1 &&
        kith_mpi_check(ex, "adding up traffic", MPI_Allreduce(own, all, 2, MPI_UINT64_T, MPI_SUM, ex->all)) != KITH_OK)
        return give_up(ex->ctx, ex);
    *out = (kith_traffic){.bytes = all[0], .messages = all[1]};
    return KITH_OK;
}

kith_status kith_exchange_settle(kith_ctx *ctx, kith_exchange *ex, kith_status mine)
{
    const kith_status status = kith_exchange_agree(ex, mine, NULL);
    if (ex->broken) return give_up(ctx, ex);
    if (status == KITH_OK) return KITH_OK;
    if (ex->speaker && kith_ctx_message(ex->trouble)[0]) kith_fail(ctx, status, "%s", kith_ctx_message(ex->trouble));
    kith_ctx_clear(ex->trouble);
    return status;
}

bool kith_exchange_speaker(const kith_exchange *ex)
{
    return ex->speaker;
}

/* What placing workers and counting memory and cores take, without MPI: so that it can be tested without MPI.
 *
 * Ownership: a layout belongs to its exchange. Threads: one per worker. Errors: KITH_EMEMORY only.
 */
#ifndef KITH_EXCHANGE_MACHINE_H
#define KITH_EXCHANGE_MACHINE_H

#include <kith/base.h>
#include <stdbool.h>

/* Who stands where: computed by every worker from the same table, so identical on all. */
typedef struct kith_layout {
    size_t workers, domains, rooms, hosts;
    size_t *worker_of_rank; /* (workers) */
    size_t *first;          /* (domains + 1): domain D has the workers first[D]..first[D + 1] - 1 */
    size_t *host_of_domain; /* (domains) */
} kith_layout;

/* Where a rank stands: the lowest rank on its host, and the lowest on its host that may look into its processes, which
 * is what sharing memory takes. Among containers with processes or users of their own it is another one. */
typedef struct kith_seat {
    int host, room;
} kith_seat;

/* Whether this process seems to be alone in a container, whose launcher is outside. To be asked before MPI_Init, under
 * a launcher. */
bool kith_contained_apart(void);

/* Whether more workers will run on this host than it has cores for this job. To be asked before MPI_Init, under a
 * launcher. */
bool kith_cores_short(void);

/* Workers are ranks sorted by (host, room, rank), so that those of a host, and of a room, are consecutive; each room's
 * are cut into min(forced, workers there) domains, as even as possible. Free with kith_layout_destroy, also after a
 * failure. */
kith_status kith_layout_make(kith_ctx *ctx, const kith_seat *seat_of_rank, size_t ranks, size_t forced,
                             kith_layout *out) KITH_CHECKED;
void kith_layout_destroy(kith_layout *layout);

/* The largest number in a list like Slurm's "4(x2),3"; 0 if there is none. */
size_t kith_tasks_most(const char *list);

/* kith_memory_available() for a machine whose /proc and /sys lie below `root`; UINT64_MAX if nothing can be read. */
uint64_t kith_memory_available_under(const char *root);

/* "1.5 GiB". Returns text. */
const char *kith_bytes_text(uint64_t bytes, char text[32]);

#endif

/* The policies that a run of a population algorithm leaves behind, for `kith eval` and for people.
 *
 * policies.npy: an array (P, E) in NumPy's format: policy k is row k; E numbers each. Tables of probabilities are
 * doubles, (N, A) or, in games with states, (S, N, A); networks are reals, all parameters of the actor. policies.csv:
 * one line for each policy: its number, its weight in the mixture that stands for the run, and for each population,
 * whose name heads the column, whether the policy is in it (1) or not (0). config.ini beside them says which game they
 * play. Ownership: what a reader gets is freed by kith_policy_set_free; a writer's is borrowed. Threads: one. Errors:
 * KITH_EIO, and KITH_EDATA for files that are not what a run leaves.
 */
#ifndef KITH_POLICIES_H
#define KITH_POLICIES_H

#include <kith/population.h>

typedef struct kith_policy_set {
    size_t count, entries;  /* P >= 1, E >= 1 */
    size_t element;         /* sizeof(double), or sizeof(kith_real); of what was read: sizeof(double) */
    const void *value;      /* (P, E) */
    const double *weight;   /* [P] >= 0, sum 1 */
    const uint32_t *joined; /* [P] bit p: in population p */
    size_t populations;
    const char *population[KITH_MOST_POPULATIONS]; /* names */
    char *header;                                  /* the reader's: what the names lie in */
} kith_policy_set;

/* Aside, flushed, renamed; the table comes last. */
kith_status kith_policy_set_write(kith_ctx *ctx, const char *folder, const kith_policy_set *policies) KITH_CHECKED;
/* Numbers are doubles then, whatever was written. */
kith_status kith_policy_set_read(kith_ctx *ctx, const char *folder, kith_policy_set *out) KITH_CHECKED;
void kith_policy_set_free(kith_policy_set *policies);
/* Removes both files where they are there. */
kith_status kith_policy_set_remove(kith_ctx *ctx, const char *folder) KITH_CHECKED;

#endif

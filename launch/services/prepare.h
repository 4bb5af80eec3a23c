/* What `kith run` and `kith show` have in common: from a command line to a resolved run.
 *
 * Ownership: prepare_free frees all of it, in the right order. Threads: one.
 */
#ifndef KITH_LAUNCH_PREPARE_H
#define KITH_LAUNCH_PREPARE_H

#include "launch/services/options.h"

typedef struct prepared {
    struct kith_registry *registry;
    struct kith_config *config;
    kith_run *run;
    char name[256]; /* the experiment's file name without folder and ending */
} prepared;

/* An experiment's name: its file's, without folder and ending. */
void prepare_name(const char *path, char *out, size_t size);
/* Reads a file of an experiment. Of one that is not there, but among those that were installed, it is said where. */
kith_status prepare_read(kith_ctx *ctx, struct kith_config *config, const char *path) KITH_CHECKED;
/* Reads the experiment, applies --set, loads the plugins it names. No worker talks to another. `environment`:
 * "key=value" lines for the record; `build`: those of them that results depend on. Zero-initialise *out; it must be
 * freed after a failure too. */
kith_status prepare(kith_ctx *ctx, const run_options *options, bool record, const char *environment, const char *build,
                    prepared *out) KITH_CHECKED;
/* An experiment that is nothing but an algorithm and what `set` chooses, called after the algorithm. */
kith_status prepare_algorithm(kith_ctx *ctx, const char *algorithm, const char *const *set, size_t sets,
                              prepared *out) KITH_CHECKED;
/* run.silence, in seconds, for who starts workers and has to know it before there are any; its default where the
 * configuration cannot be read. */
int prepare_silence(const run_options *options);
void prepare_free(prepared *p);

#endif

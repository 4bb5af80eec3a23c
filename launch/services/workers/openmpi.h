/* What differs between the Open MPIs that `kith run -n` can start workers with. Through version 4 its mpirun is a
 * runtime of its own (ORTE); from 5 on it is prterun of PRRTE in Open MPI's clothes: other options, other variables.
 *
 * Threads: one.
 */
#ifndef KITH_LAUNCH_OPENMPI_H
#define KITH_LAUNCH_OPENMPI_H

#include <kith/base.h>
#include <stdbool.h>

/* The row run.silence has these numbers as text. */
enum { OPENMPI_SILENCE = 30, OPENMPI_SILENCE_LEAST = 5, OPENMPI_SILENCE_MOST = 3600 };

typedef struct openmpi {
    int major;              /* it holds from here to the next row's */
    const char *options[4]; /* before -n; NULL-terminated */
    bool forward_options;   /* variables go to other hosts by -x; else by a variable that lists them */
    const char *prefix;     /* of its launching half's variables, before _MCA_ */
    struct {
        const char *name, *value;
    } variables[4]; /* set unless the user has; NULL-terminated */
} openmpi;

/* Sets, unless the user has, what makes it notice a host or a link that is silent within so many seconds, at least
 * OPENMPI_SILENCE_LEAST. If it is not told, it takes eight minutes. */
void openmpi_silence(const openmpi *kind, int seconds);

/* Which major version "mpirun (Open MPI) 5.0.7" or "Open MPI v4.1.4, package: ..." tells; 0: none. */
int openmpi_major(const char *text);
/* Its row; NULL: too old, or no Open MPI. */
const openmpi *openmpi_of(int major);
/* The row of an mpirun with this first line of --version, for a program linked with the library that calls itself
 * `library`. Fails with KITH_EEXCHANGE where the two do not fit together. */
kith_status openmpi_choose(kith_ctx *ctx, const char *version, const char *library, const openmpi **out) KITH_CHECKED;
/* Asks the mpirun of PATH, and chooses. Takes some milliseconds; fails with KITH_EEXCHANGE if mpirun does not answer
 * within ten seconds. */
kith_status openmpi_find(kith_ctx *ctx, const openmpi **out) KITH_CHECKED;

/* In a container a user may have no entry in the list of users, for which Open MPI looks where there is no HOME: its
 * version 5 does not even tell its version then, and a PMIx (4.2) crashes. HOME becomes `folder` where it is so. */
void openmpi_home(const char *folder);

/* Whether "NAME=VALUE" is what an Open MPI made for the processes of a job around this one. It would lead a new mpirun
 * astray. The user's own choices (OMPI_MCA_btl, PRTE_MCA_..., OMPI_ALLOW_..., PMIX_PREFIX) are none. */
bool openmpi_leftover(const char *entry);

#endif

/* What ends the workers' launcher (mpirun, srun) when `kith run -n` is killed and cannot: a process that waits for
 * that. The kernel sends the launcher SIGTERM then. One that waits for a host that is lost does not end by it for as
 * long as TCP tries again, nor do the programs that hold its connections.
 *
 * Threads: one. No call fails: where there can be no guard, there is none.
 */
#ifndef KITH_LAUNCH_GUARD_H
#define KITH_LAUNCH_GUARD_H

#include <sys/types.h>

typedef struct guard {
    pid_t process; /* 0: there is none */
    int alive;     /* the end of a pipe that this process alone holds open: the kernel closes it whatever ends it */
} guard;

/* Before the launcher is started, so that it is never without. filter: what copies its words (0: nothing does); words:
 * the pipe to that, or -1; the name of the private folder must not move. */
guard guard_start(pid_t filter, int words, const char *folder);
/* By the process that is about to become the launcher. */
void guard_tell(const guard *g);
/* The child has ended. */
void guard_end(guard *g);

#endif

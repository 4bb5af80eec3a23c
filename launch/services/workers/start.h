/* Starting the workers: `kith run -n N` becomes the parent of mpirun (of srun inside a Slurm allocation) and stays.
 *
 * mpirun answers SIGINT and SIGTERM by killing its workers too soon for them to end in order. So it runs in a process
 * group of its own, where the terminal's Ctrl-C does not reach it. The staying parent writes the first request to stop
 * into a file that workers on its host watch (request.h), and sends SIGTERM when it is repeated. Workers on other hosts
 * get SIGUSR1, which mpirun passes on. SIGUSR1 would kill an mpirun that has no handler yet, or no more, so mpirun
 * starts with it ignored. If the parent is killed, mpirun gets SIGTERM from the kernel and ends its workers;
 * one that waits for a host that is lost is killed by a guard (guard.h).
 * So it is with Open MPI 4 and 5; what differs is in openmpi.h.
 *
 * Threads: one.
 */
#ifndef KITH_LAUNCH_START_H
#define KITH_LAUNCH_START_H

#include "launch/services/options.h"
#include "launch/services/workers/frames.h"
#include "launch/services/workers/scratch.h"
#include <signal.h>
#include <sys/types.h>

/* Runs the experiment with options->workers workers. Returns the exit code of the job, worded if it was not a worker
 * that worded it. */
int start_workers(const run_options *options);

/* Becomes a new process of the same command, without a launcher, in whose environment LAUNCHER_AGAIN_VARIABLE is
 * `text`. Returns only on failure, with the exit code, worded. */
int start_again(const run_options *options, const char *text);

/* What is started. */
typedef struct job {
    pid_t child;          /* mpirun or srun */
    frames_filter filter; /* of what it says; of process 0: there is none */
    const char *name;
    const char *folder; /* where workers say that they are ready; before, a SIGUSR1 would kill those on other hosts */
    size_t workers;
    bool quiet;
} job;

/* Waits for the launcher and passes requests to stop on to its workers; takes job->filter. A launcher that does not end
 * although a worker died, all are gone, or a second request came, is ended. Returns the exit code for the user; *stop:
 * whether a stop was asked for. */
int supervise(job *started, const sigset_t *held, bool *stop);
/* The signal that killed a worker, by its launcher's exit code; 0: none did. */
int supervise_signal(int code);

#endif

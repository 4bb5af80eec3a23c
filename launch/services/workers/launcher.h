/* Whether somebody started this process as one worker of many, decided before MPI is touched.
 *
 * Threads: one. No call fails.
 */
#ifndef KITH_LAUNCH_LAUNCHER_H
#define KITH_LAUNCH_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

/* The environment variable that gives a launcher away (mpirun, or srun with PMIx or PMI); NULL: there is none. */
const char *launcher_variable(void);
/* Whether Slurm itself started this process: it asks with SIGTERM, and waits before it kills, where mpirun ends its
 * workers so. */
bool launcher_slurm(void);
/* Whether this is one of several processes of a Slurm step that know nothing of each other. */
bool launcher_apart(void);
/* Whether this process should word errors that all workers meet alike before they can talk: it is the first of them. */
bool launcher_first(void);

/* The variable in which `kith run -n` names its private folder to the workers that it starts. */
#define LAUNCHER_FOLDER_VARIABLE "KITH_LAUNCHER"
/* The file in it that says that every worker, on any host, takes SIGUSR1 from now on. */
#define LAUNCHER_READY_FILE "ready"
/* Called by the first worker when all have installed their handlers. Without a folder it does nothing. */
void launcher_tell_ready(void);

/* What a plugin's call is that was under way when the launcher ended its workers: of the first that is in one. What a
 * worker prints then may be lost, since the launcher ends as well. */
#define LAUNCHER_WHERE_FILE "where"
/* What workers left in a file of the folder. Returns its length, 0 if they left nothing. */
size_t launcher_left(const char *folder, const char *name, char *text, size_t size);

/* Processes that are not to be trusted any more ask for others in their place, once they have ended in order: the
 * launcher starts the same command again, in whose environment this variable holds what they said. */
#define LAUNCHER_AGAIN_VARIABLE "KITH_AGAIN"
#define LAUNCHER_AGAIN_FILE     "again"
enum { LAUNCHER_AGAIN_SIZE = 64 };
/* Whether there is somebody to ask. */
bool launcher_stays(void);
/* By the first worker. */
void launcher_ask_again(const char *text);

#endif

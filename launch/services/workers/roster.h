/* Who of the workers that `kith run -n` started lives, as seen in its private folder: each keeps a file there, locked
 * as long as it lives, and writes its exit code into it when it ends by itself. The kernel frees the lock of one that
 * was killed. Workers on other hosts, where the folder or the
 * request to stop in it (request.h) cannot be seen, are not on it.
 *
 * Threads: one. No call fails: who cannot sign is not watched.
 */
#ifndef KITH_LAUNCH_ROSTER_H
#define KITH_LAUNCH_ROSTER_H

#include <stddef.h>

/* A worker's: at its start. Without a folder (see launcher.h) it returns -1 and does nothing. The file stays open. */
int roster_sign(void);
/* And right before it ends with this code; `file` is what roster_sign() returned. */
void roster_leave(int file, int code);

typedef struct roster {
    size_t alive;
    size_t left; /* by themselves */
    size_t dead; /* without a word */
    int code;    /* the largest of those that left */
} roster;

/* The launcher's. */
roster roster_read(const char *folder);
/* After mpirun has ended, which may leave workers behind: waits up to three seconds for those that live, and kills the
 * rest, as far as this process sees them. Returns what is left then. */
roster roster_end(const char *folder);

#endif

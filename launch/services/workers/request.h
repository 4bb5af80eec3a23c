/* The request to stop as workers on the launcher's own host see it: a byte of a file in its folder, which they map.
 * No process has to be ready to be told: a worker that starts later finds the request, and one that ends misses
 * nothing. The file's name holds the number of the host's boot, so that a worker on another host, where a shared folder
 * would show changes late, does not take it for its own.
 *
 * Threads: one. No call fails: who does not see the file is told by a signal.
 */
#ifndef KITH_LAUNCH_REQUEST_H
#define KITH_LAUNCH_REQUEST_H

#include <stdbool.h>

/* The launcher's: makes the file, before any worker starts. */
void request_make(const char *folder);
/* And the request. Returns whether those who watch the file see it. */
bool request_send(const char *folder);

/* A worker's: the byte to look at, 0 until a stop is asked for; NULL: there is none. It stays mapped. */
const volatile char *request_watch(void);

#endif

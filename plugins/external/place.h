/* One processor for a worker and its program. The two take turns, and what the one wrote last is in the caches of its
 * processor; the kernel wakes the other on an idle processor instead, which has to fetch all of it. So each is woken
 * where the other runs. Whoever runs may be moved: nothing is bound for longer than a wait.
 *
 * Errors: none. Where the kernel refuses, or only one processor is allowed, all stays as it is. */
#ifndef KITH_EXTERNAL_PLACE_H
#define KITH_EXTERNAL_PLACE_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct place {
    cpu_set_t all; /* where both may run */
    pid_t program;
    bool shared;
} place;

void place_open(place *p, pid_t program);
/* Before a line is sent: the program wakes up here. */
void place_call(place *p);
/* After it was sent: the program may be moved, and this worker wakes up here. */
void place_wait(place *p);
/* After the answer: this worker may be moved. */
void place_return(place *p);

#endif

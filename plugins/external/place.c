#include "place.h"

#include <stddef.h>

void place_open(place *p, pid_t program)
{
    p->program = program;
    p->shared = sched_getaffinity(0, sizeof p->all, &p->all) == 0 && CPU_COUNT(&p->all) > 1;
}

/* Narrows a process, 0 being this one, to the processor that runs this. */
static void bind_here(place *p, pid_t process)
{
    cpu_set_t here;
    const int at = p->shared ? sched_getcpu() : -1;
    if (at < 0 || at >= CPU_SETSIZE) return;
    CPU_ZERO(&here);
    CPU_SET((size_t)at, &here);
    p->shared = sched_setaffinity(process, sizeof here, &here) == 0;
}

static void release(place *p, pid_t process)
{
    if (p->shared) (void)sched_setaffinity(process, sizeof p->all, &p->all);
}

void place_call(place *p)
{
    bind_here(p, p->program);
}

void place_wait(place *p)
{
    release(p, p->program);
    bind_here(p, 0);
}

void place_return(place *p)
{
    release(p, 0);
}

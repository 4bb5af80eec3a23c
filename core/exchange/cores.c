#include "exchange/machine.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

size_t kith_tasks_most(const char *list)
{
    size_t most = 0;
    while (*list) {
        char *end = NULL;
        const unsigned long long number = *list >= '0' && *list <= '9' ? strtoull(list, &end, 10) : 0;
        if (number > most) most = (size_t)number;
        list = end ? end : list + 1;
        /* (x2) says on how many nodes, not how many tasks. */
        if (*list == '(')
            while (*list && *list != ')')
                list++;
    }
    return most;
}

static size_t local_workers(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "SLURM_STEP_TASKS_PER_NODE",
                                        "SLURM_TASKS_PER_NODE", "MPI_LOCALNRANKS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value) return kith_tasks_most(value);
    }
    return 1;
}

static size_t allowed_cores(pid_t process)
{
    /* Room for 16,384 processors; a kernel built for more refuses, and the number online decides alone. */
    enum { SETS = 16 };
    cpu_set_t sets[SETS];
    CPU_ZERO_S(sizeof sets, sets);
    if (sched_getaffinity(process, sizeof sets, sets)) return 0;
    return (size_t)CPU_COUNT_S(sizeof sets, sets);
}

/* mpirun may have bound this worker to one core of the many that the job has; its parent, the launcher's daemon, is
 * bound to none of them. */
static size_t job_cores(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t own = allowed_cores(0), parent = getppid() > 0 ? allowed_cores(getppid()) : 0;
    size_t cores = own > parent ? own : parent;
    if (online > 0 && (!cores || cores > (size_t)online)) cores = (size_t)online;
    return cores;
}

bool kith_cores_short(void)
{
    const size_t cores = job_cores();
    return cores && local_workers() > cores;
}

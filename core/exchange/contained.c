#include "exchange/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inodes of the namespaces that a machine begins with; Linux gives them fixed numbers. */
static const ino_t first_users = 0xEFFFFFFDu, first_processes = 0xEFFFFFFCu;

static bool namespace_of(const char *process, const char *kind, struct stat *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/ns/%s", process, kind);
    return stat(path, out) == 0;
}

/* The beginnings of names that who starts workers goes by. */
static bool starts_workers(const char *name)
{
    static const char *const names[] = {"mpirun", "mpiexec", "orte", "prte", "prun", "slurmstepd"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0) return true;
    return false;
}

/* The name and the parent of a process; false: it is not seen. */
static bool look_at(long process, char name[32], long *parent)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *in = fopen(path, "re");
    if (!in) return false;
    const char *end = fgets(line, sizeof line, in) ? strrchr(line, ')') : NULL, *begin = strchr(line, '(');
    fclose(in);
    if (!end || !begin) return false;
    snprintf(name, 32, "%.*s", (int)(end - begin - 1), begin + 1);
    return sscanf(end, ") %*c %ld", parent) == 1;
}

/* The nearest ancestor that starts workers, as text; false: none is seen. */
static bool find_launcher(char process[24])
{
    char name[32];
    long at = getppid(), parent = 0;
    for (; at > 0 && look_at(at, name, &parent); at = parent) {
        if (!starts_workers(name)) continue;
        snprintf(process, 24, "%ld", at);
        return true;
    }
    return false;
}

bool kith_contained_apart(void)
{
    struct stat users, processes, theirs;
    char launcher[24];
    if (!namespace_of("self", "user", &users) || !namespace_of("self", "pid", &processes)) return false;
    const bool first = users.st_ino == first_users;
    if (first && processes.st_ino == first_processes) return false;
    if (!find_launcher(launcher)) return true;
    /* that of Slurm is root's, into whom nobody else looks */
    if (!namespace_of(launcher, "user", &theirs)) return !first;
    return theirs.st_ino != users.st_ino;
}

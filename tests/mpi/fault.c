/* Stands in front of some of MPI's functions, and has them fail when asked. MPI's header belongs to the exchange alone;
 * here its handles are what Open MPI makes them, pointers. */
#include "try.h"

#include <dlfcn.h>
#include <string.h>

enum { ERR_OTHER = 16 }; /* Open MPI's MPI_ERR_OTHER */

static const char *broken = "";

void try_break(const char *name)
{
    broken = name;
}

/* POSIX lets dlsym's result be a function; ISO C has no cast for it. */
#define NEXT(type, name, variable)                                                                                     \
    type variable;                                                                                                     \
    *(void **)&variable = dlsym(RTLD_NEXT, name)

typedef int iallreduce(const void *from, void *to, int count, void *type, void *operation, void *comm, void *request);
KITH_API iallreduce MPI_Iallreduce;
int MPI_Iallreduce(const void *from, void *to, int count, void *type, void *operation, void *comm, void *request)
{
    if (strcmp(broken, "MPI_Iallreduce") == 0) return ERR_OTHER;
    NEXT(iallreduce *, "MPI_Iallreduce", next);
    return next ? next(from, to, count, type, operation, comm, request) : ERR_OTHER;
}

typedef int bcast(void *buffer, int count, void *type, int from, void *comm);
KITH_API bcast MPI_Bcast;
int MPI_Bcast(void *buffer, int count, void *type, int from, void *comm)
{
    if (strcmp(broken, "MPI_Bcast") == 0) return ERR_OTHER;
    NEXT(bcast *, "MPI_Bcast", next);
    return next ? next(buffer, count, type, from, comm) : ERR_OTHER;
}

typedef int isend(const void *buffer, int count, void *type, int to, int tag, void *comm, void *request);
KITH_API isend MPI_Isend;
int MPI_Isend(const void *buffer, int count, void *type, int to, int tag, void *comm, void *request)
{
    if (strcmp(broken, "MPI_Isend") == 0) return ERR_OTHER;
    NEXT(isend *, "MPI_Isend", next);
    return next ? next(buffer, count, type, to, tag, comm, request) : ERR_OTHER;
}

typedef int testall(int count, void *requests, int *done, void *statuses);
KITH_API testall MPI_Testall;
int MPI_Testall(int count, void *requests, int *done, void *statuses)
{
    if (strcmp(broken, "MPI_Testall") == 0) return ERR_OTHER;
    NEXT(testall *, "MPI_Testall", next);
    return next ? next(count, requests, done, statuses) : ERR_OTHER;
}

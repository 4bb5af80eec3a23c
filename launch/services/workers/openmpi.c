#include "launch/services/workers/openmpi.h"

#include "exchange/exchange.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const openmpi rows[] = {
    /* Open MPI refuses more workers than it counts cores, and -q hides why. It binds the workers of every job to the
     * same first cores, so two jobs at once would share them. Where there are enough cores the first changes nothing.
     */
    {.major = 4, .options = {"-q", "--oversubscribe"}, .variables = {{"OMPI_MCA_hwloc_base_binding_policy", "none"}}},
    /* PRRTE knows --oversubscribe as deprecated, and an option would beat a mapping that the user chose by variable.
     * Without `slot` it forgets the slots of the hosts, and starts all workers on the first. */
    {.major = 5,
     .framed = true,
     .forward_options = true,
     .variables = {{"PRTE_MCA_hwloc_default_binding_policy", "none"},
                   {"PRTE_MCA_rmaps_default_mapping_policy", "slot:OVERSUBSCRIBE"}}},
};

int openmpi_major(const char *text)
{
    static const char name[] = "Open MPI";
    const char *at = strstr(text, name);
    if (!at) return 0;
    at += sizeof name - 1;
    at += strspn(at, ") v");
    return (int)strtol(at, NULL, 10);
}

const openmpi *openmpi_of(int major)
{
    const openmpi *row = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].major <= major) row = &rows[i];
    }
    return row;
}

kith_status openmpi_choose(kith_ctx *ctx, const char *version, const char *library, const openmpi **out)
{
    const int line = (int)strcspn(version, "\n"), major = openmpi_major(version), linked = openmpi_major(library);
    const openmpi *row = openmpi_of(major);
    if (!row)
        return kith_fail(
            ctx, KITH_EEXCHANGE,
            "mpirun --version tells no Open MPI of version 4 or later, but '%.*s'; let PATH begin with the "
            "folder of the mpirun of Open MPI %d, which kith was linked with",
            line, version, linked);
    /* Each may wait for the other for ever. */
    if (major != linked)
        return kith_fail(ctx, KITH_EEXCHANGE,
                         "mpirun is that of Open MPI %d, and kith was linked with the library of Open MPI %d; let PATH "
                         "begin with the folder of the latter's mpirun",
                         major, linked);
    *out = row;
    return KITH_OK;
}

/* mpirun is asked, not the library that this program is linked with: the options are mpirun's, and the two need not
 * come from one package. */
kith_status openmpi_find(kith_ctx *ctx, const openmpi **out)
{
    char version[256] = "", library[256] = "";
    FILE *answer = popen("exec mpirun --version 2>/dev/null </dev/null", "re");
    if (!answer) return kith_fail(ctx, KITH_EEXCHANGE, "mpirun --version: no process could be started for it");
    /* It is read to its end, so that no mpirun dies of a closed pipe. */
    version[fread(version, 1, sizeof version - 1, answer)] = '\0';
    while (fgetc(answer) != EOF) {
    }
    pclose(answer);
    kith_exchange_library(library, sizeof library);
    return openmpi_choose(ctx, version, library, out);
}

static bool begins_with_any(const char *text, const char *const *prefix)
{
    while (*prefix && strncmp(text, *prefix, strlen(*prefix)) != 0)
        prefix++;
    return *prefix != NULL;
}

bool openmpi_leftover(const char *entry)
{
    static const char *const made[] = {"OMPI_MCA_ess",
                                       "OMPI_MCA_orte_",
                                       "OMPI_MCA_pmix=",
                                       "OMPI_MCA_initial_wdir=",
                                       "OMPI_MCA_mpi_oversubscribe=",
                                       "OMPI_MCA_num_procs=",
                                       "OMPI_MCA_shmem_RUNTIME_",
                                       "PRTE_MCA_ess",
                                       NULL};
    static const char *const chosen[] = {"OMPI_ALLOW_", "OMPI_MCA_",    "PRTE_ALLOW_",  "PRTE_MCA_",
                                         "PMIX_MCA_",   "PMIX_PREFIX=", "PRTE_PREFIX=", NULL};
    static const char *const theirs[] = {"OMPI_", "ORTE_", "PMIX_", "PRTE_", NULL};
    if (begins_with_any(entry, made)) return true;
    return !begins_with_any(entry, chosen) && begins_with_any(entry, theirs);
}

#include "launch/services/workers/openmpi.h"

#include "exchange/exchange.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const openmpi rows[] = {
    /* Open MPI refuses more workers than it counts cores. It binds the workers of every job to the same first cores, so
     * two jobs at once would share them. Where there are enough cores the first changes nothing. -q would hide which
     * host was lost; without the last variable it says beside its frames how many of them it left out. */
    {.major = 4,
     .options = {"--oversubscribe"},
     .prefix = "OMPI",
     .variables = {{"OMPI_MCA_hwloc_base_binding_policy", "none"}, {"OMPI_MCA_orte_base_help_aggregate", "0"}}},
    /* PRRTE knows --oversubscribe as deprecated, and an option would beat a mapping that the user chose by variable.
     * Without `slot` it forgets the slots of the hosts, and starts all workers on the first. */
    {.major = 5,
     .forward_options = true,
     .prefix = "PRTE",
     .variables = {{"PRTE_MCA_hwloc_default_binding_policy", "none"},
                   {"PRTE_MCA_rmaps_default_mapping_policy", "slot:OVERSUBSCRIBE"}}},
};

/* A connection between daemons that is silent is asked after `time` seconds and again each `intvl`; after so many
 * probes without an answer it is lost. */
void openmpi_silence(const openmpi *kind, int seconds)
{
    enum { PROBES = 3 };
    const int interval = seconds < 12 ? 1 : seconds / 6;
    const struct {
        const char *word;
        int value;
    } words[] = {{"time", seconds - PROBES * interval - 1}, {"intvl", interval}, {"probes", PROBES}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char name[64], value[16];
        snprintf(name, sizeof name, "%s_MCA_oob_tcp_keepalive_%s", kind->prefix, words[i].word);
        snprintf(value, sizeof value, "%d", words[i].value);
        setenv(name, value, 0);
    }
}

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

/* What comes through the pipe until its end, or as much as there is room for. Returns false when nothing comes for too
 * long. */
static bool read_answer(int from, char *text, size_t size)
{
    enum { PATIENCE_MS = 10 * 1000 };
    size_t count = 0;
    for (;;) {
        struct pollfd answer = {.fd = from, .events = POLLIN};
        const int ready = poll(&answer, 1, PATIENCE_MS);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t got = read(from, text + count, size - 1 - count);
        if (got > 0) count += (size_t)got;
        text[count] = '\0';
        if (got <= 0 || count == size - 1) return true;
    }
}

void openmpi_home(const char *folder)
{
    if (!getenv("HOME") && !getpwuid(geteuid())) setenv("HOME", folder, 1);
}

static void become_asked(int answer)
{
    openmpi_home("/");
    const int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 || dup2(answer, STDOUT_FILENO) < 0)
        return;
    execlp("mpirun", "mpirun", "--version", (char *)NULL);
}

/* A child that is waited for without end would leave a request to stop without an answer. */
static bool ask_mpirun(char *version, size_t size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return false;
    const pid_t child = fork();
    if (child == 0) {
        become_asked(ends[1]);
        _exit(KITH_EEXCHANGE);
    }
    close(ends[1]);
    const bool answered = child > 0 && read_answer(ends[0], version, size);
    close(ends[0]);
    if (child <= 0) return false;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return answered;
}

/* mpirun is asked, not the library that this program is linked with: the options are mpirun's, and the two need not
 * come from one package. */
kith_status openmpi_find(kith_ctx *ctx, const openmpi **out)
{
    char version[1024] = "", library[256] = "";
    if (!ask_mpirun(version, sizeof version))
        return kith_fail(ctx, KITH_EEXCHANGE, "mpirun --version does not answer; try it by hand");
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

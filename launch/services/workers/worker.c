#include "launch/services/workers/worker.h"

#include "launch/services/console.h"
#include "launch/services/workers/dying.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/patience.h"
#include "launch/services/workers/roster.h"
#include "launch/services/workers/signals.h"
#include "launch/services/workers/scratch.h"
#include "launch/services/workers/start.h"
#include "nn/blas.h"
#include <config.h>
#include <gnu/libc-version.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void describe_build(char *text, size_t size)
{
    const int used = snprintf(text, size, "version=%s\nreal=%s\n", PACKAGE_VERSION,
                              sizeof(kith_real) == sizeof(double) ? "double" : "float");
    if (used > 0 && (size_t)used < size) kith_blas_describe(text + used, size - (size_t)used);
}

kith_status worker_join(kith_ctx *ctx, size_t domains, bool launched, char *fingerprint, kith_exchange **out)
{
    /* Agreed on below, so that a worker that cannot start does not leave the others waiting. */
    const kith_status mine = kith_blas_start(ctx);
    describe_build(fingerprint, WORKER_TEXT_SIZE);
    const kith_exchange_options options = {.domains = domains, .launched = launched};
    KITH_TRY(kith_exchange_open(ctx, &options, fingerprint, out));
    if (launched) dying_watch_again();
    return kith_exchange_agree(*out, mine, NULL);
}

/* What results do not follow from, but for their last bits: it is recorded, and not compared. */
static void describe_machine(char *text, size_t size)
{
    char line[256], processor[128] = "unknown", mpi[128], host[128] = "";
    FILE *in = fopen("/proc/cpuinfo", "r");
    while (in && fgets(line, sizeof line, in))
        if (sscanf(line, "model name : %127[^\n]", processor) == 1) break;
    if (in) fclose(in);
    (void)gethostname(host, sizeof host - 1);
    kith_exchange_library(mpi, sizeof mpi);
    mpi[strcspn(mpi, ",\n")] = '\0';
    snprintf(text, size, "host=%s\nprocessor=%s\nlibc=glibc %s\nmpi=%s\nzlib=%s\nsqlite=%s\ncompiler=%s\n", host,
             processor, gnu_get_libc_version(), mpi, zlibVersion(), sqlite3_libversion(), __VERSION__);
}

void worker_environment(char *text, size_t size, const char *fingerprint, const kith_place *place, kith_dealing deal)
{
    char machine[1024];
    describe_machine(machine, sizeof machine);
    snprintf(text, size, "%s%sworkers=%zu\ndomains=%zu\nhosts=%zu\ndeal=%s\n%s", fingerprint,
             fingerprint[strlen(fingerprint) - 1] == '\n' ? "" : "\n", place->workers, place->domains, place->hosts,
             options_deal_name(deal), machine);
}

static void add_word(char *line, size_t size, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    const bool quoted = !*text || text[strspn(text, plain)];
    size_t used = strlen(line);
    used += (size_t)snprintf(line + used, size - used, quoted ? " '" : " ");
    for (; *text && used + 8 < size; text++)
        used += *text == '\'' ? (size_t)snprintf(line + used, size - used, "'\\''")
                              : (size_t)snprintf(line + used, size - used, "%c", *text);
    if (quoted) snprintf(line + used, size - used, "'");
}

void worker_add_experiment(char *line, size_t size, const run_options *options)
{
    add_word(line, size, options->experiment);
    for (size_t i = 0; i < options->set_count; i++) {
        add_word(line, size, "--set");
        add_word(line, size, options->sets[i]);
    }
}

void worker_share_message(kith_exchange *exchange, const char *mine, char *out, size_t size)
{
    const size_t workers = kith_exchange_place(exchange)->workers, me = kith_exchange_place(exchange)->worker;
    kith_ctx *ctx = kith_ctx_create(); /* what fails here is not the failure to tell */
    kith_board *board = NULL;
    kith_origin *origin = NULL;
    out[0] = '\0';
    const kith_status status = KITH_ALLOC(ctx, "failure", workers, &origin);
    if (kith_exchange_agree(exchange, status, NULL) == KITH_OK &&
        kith_board_create(ctx, exchange, "failure", workers, WORKER_TEXT_SIZE, 1, &board) == KITH_OK) {
        for (size_t i = 0; i < workers; i++)
            origin[i] = (kith_origin){(uint32_t)i, (uint32_t)kith_exchange_domain_of(exchange, i)};
        snprintf(kith_board_row(board, me), WORKER_TEXT_SIZE, "%s", mine);
        const bool shared = kith_board_publish_rows(board, KITH_OK, origin, workers, NULL) == KITH_OK;
        for (size_t i = 0; shared && i < workers && !out[0]; i++)
            snprintf(out, size, "%s", (const char *)kith_board_row(board, i));
    }
    if (board) kith_board_destroy(board);
    kith_free(origin);
    kith_ctx_destroy(ctx);
}

int worker_say_failure(const kith_ctx *ctx, const kith_exchange *exchange, kith_status status)
{
    const kith_place *place = exchange ? kith_exchange_place(exchange) : NULL;
    char host[65] = "";
    const char *message = kith_ctx_message(ctx);
    /* What all would say alike the first one says, of no host; a network fails somewhere. */
    const bool somewhere = place && place->hosts > 1 && (place->domain || status == KITH_EEXCHANGE);
    if (!somewhere || gethostname(host, sizeof host - 1) || !*message || strstr(message, host))
        return say_failure(ctx, status);
    kith_ctx *told = kith_ctx_create();
    const int code = say_failure(told, kith_fail(told, status, "on %s: %s", host, message));
    kith_ctx_destroy(told);
    return code;
}

static int be_one(const run_options *options, bool launched,
                  int (*be_worker)(const run_options *options, bool launched))
{
    /* The launcher takes who is on the roster for one that sees its request. */
    const bool near = signals_listen(launched, options->quiet);
    if (!options->quiet) patience_begin();
    const int entry = near ? roster_sign() : -1;
    const int code = be_worker(options, launched);
    roster_leave(entry, code);
    return code;
}

int worker_start(const run_options *options, int (*be_worker)(const run_options *options, bool launched))
{
    const char *launcher = launcher_variable();
    console_outlive_readers();
    if (options->workers && launcher) {
        if (launcher_first())
            say("-n %zu: a launcher has started this process already (%s is set); leave -n away", options->workers,
                launcher);
        return KITH_EUSAGE;
    }
    if (launcher_apart()) {
        if (launcher_first())
            say("Slurm started several tasks that know nothing of each other; start them with srun --mpi=pmix, or one "
                "task with -n");
        return KITH_EUSAGE;
    }
    /* of launchers that were killed */
    if (!launcher) scratch_sweep();
    return options->workers > 1 ? start_workers(options) : be_one(options, launcher != NULL, be_worker);
}

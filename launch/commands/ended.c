#include "launch/commands/ended.h"

#include "config/config.h"
#include "launch/commands/sweep/halving.h"
#include "launch/commands/sweep/plan.h"
#include "launch/commands/sweep/table.h"
#include "launch/services/console.h"
#include "launch/services/prepare.h"
#include "launch/services/results/results.h"
#include "record/schema.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool has_record(const char *folder, char path[PATH_MAX + 16])
{
    snprintf(path, PATH_MAX + 16, "%s/" KITH_DATABASE_NAME, folder);
    return access(path, F_OK) == 0;
}

/* *left: of one run. A folder may hold the record of another one, which --resume would refuse. */
static kith_status look_at_run(kith_ctx *ctx, const char *folder, uint64_t digest, size_t *left)
{
    char path[PATH_MAX + 16];
    kith_results results = {.count = 0};
    *left = 1;
    if (!*folder) return kith_fail(ctx, KITH_ECONFIG, "run.output is empty, so it is not known what the run came to");
    if (!has_record(folder, path)) return KITH_OK;
    KITH_TRY(kith_results_read_any(ctx, path, &results));
    for (size_t r = 0; r < results.count; r++)
        if (strcmp(results.run[r]->status, "done") == 0 && sweep_digest_of(results.run[r]) == digest) *left = 0;
    kith_results_free(&results);
    return KITH_OK;
}

/* The experiment's run. */
static kith_status look_at_experiment(kith_ctx *ctx, const run_options *options, char folder[PATH_MAX], size_t *left)
{
    prepared p = {.run = NULL};
    kith_status status = prepare(ctx, options, true, "", "", &p);
    if (status == KITH_OK) {
        snprintf(folder, PATH_MAX, "%s", kith_run_folder(p.run));
        status = look_at_run(ctx, folder, sweep_plan_digest(p.config), left);
    }
    prepare_free(&p);
    return status;
}

/* Rung by rung: what halving left behind has nothing left to do. A sweep without halving has the last rung alone. */
static kith_status count_due(kith_ctx *ctx, const sweep_plan *plan, size_t *left)
{
    uint64_t *due = NULL;
    *left = 0;
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", plan->points, &due));
    kith_status status = KITH_OK;
    for (size_t rung = 0; rung <= plan->rungs && *left == 0 && status == KITH_OK; rung++) {
        status = sweep_halving_due(ctx, plan, rung, true, due);
        for (size_t i = 0; i < plan->points && status == KITH_OK; i++)
            *left += due[i] != 0;
    }
    kith_free(due);
    return status;
}

/* All runs of a sweep, or one. */
static kith_status look_at_sweep(kith_ctx *ctx, const run_options *options, char folder[PATH_MAX], size_t *left)
{
    char path[PATH_MAX + 16];
    sweep_plan plan;
    kith_status status = sweep_plan_read(ctx, options, &plan);
    if (status == KITH_OK && options->point > plan.points)
        status = kith_fail(ctx, KITH_EUSAGE, "--point %zu: %s has %zu of them", options->point, options->experiment,
                           plan.points);
    if (status == KITH_OK) status = sweep_plan_resolve(ctx, &plan);
    if (status == KITH_OK) {
        kith_ctx_forget(ctx);
        snprintf(folder, PATH_MAX, "%s", plan.folder);
        *left = options->point ? 1 : plan.points;
        if (options->point)
            *left = !sweep_plan_is_past(&plan, plan.digest[options->point - 1]);
        else if (has_record(folder, path))
            status = count_due(ctx, &plan, left);
    }
    sweep_plan_free(&plan);
    return status;
}

int ended_tell(const run_options *options)
{
    char folder[PATH_MAX] = "";
    size_t left = 0;
    const bool sweep = strcmp(options->command, "sweep") == 0;
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = sweep || options->point ? look_at_sweep(ctx, options, folder, &left)
                                                       : look_at_experiment(ctx, options, folder, &left);
    const int code = status != KITH_OK ? say_failure(ctx, status) : left ? (int)KITH_ESTOPPED : 0;
    if (status == KITH_OK && !options->quiet) {
        if (!sweep)
            say("%s: its run has %scome to its end", folder, left ? "not " : "");
        else
            say("%s: %s of its runs have come to their end", folder, left ? "not all" : "all");
    }
    kith_ctx_destroy(ctx);
    return code;
}

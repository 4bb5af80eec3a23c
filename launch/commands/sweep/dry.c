/* `kith sweep --dry-run`: which runs there are, and how far each is. Nothing is made or changed. */
#include "launch/commands/sweep/dry.h"

#include "launch/commands/sweep/books.h"
#include "launch/commands/sweep/halving.h"
#include "launch/commands/sweep/plan.h"
#include "launch/commands/sweep/table.h"
#include "launch/services/console.h"
#include "launch/services/progress.h"
#include "launch/services/results/results.h"
#include "launch/services/text/grid.h"
#include "record/record.h"
#include "record/schema.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct dry {
    sweep_plan plan;
    kith_results results;
    const kith_result **run; /* (points) NULL: not recorded */
    size_t runs, done;
} dry;

/* Of a run whose record is still in its own folder. */
static kith_status own_state(kith_ctx *ctx, dry *d, size_t point, char out[48])
{
    char folder[PATH_MAX + 32];
    kith_former former;
    sweep_plan_folder(&d->plan, point, folder, sizeof folder);
    KITH_TRY(kith_record_former(ctx, folder, &former));
    if (former.found) snprintf(out, 48, "%s", former.status);
    d->done += strcmp(out, "done") == 0;
    kith_former_free(&former);
    return KITH_OK;
}

/* "done", "failed", "stopped", "has a checkpoint", "same as 3" or "-". */
static kith_status state_of(kith_ctx *ctx, dry *d, size_t point, char out[48])
{
    const size_t first = sweep_plan_first(&d->plan, point);
    bool resumable = false;
    snprintf(out, 48, "-");
    if (first != point) {
        snprintf(out, 48, "same as %zu", first + 1);
        return KITH_OK;
    }
    d->runs++;
    if (d->run[point]) snprintf(out, 48, "%s", d->run[point]->status);
    d->done += strcmp(out, "done") == 0;
    if (strcmp(out, "done") == 0) return KITH_OK;
    KITH_TRY(own_state(ctx, d, point, out));
    KITH_TRY(sweep_resumable(ctx, &d->plan, point, &resumable));
    if (resumable) snprintf(out, 48, "has a checkpoint");
    return KITH_OK;
}

static kith_status write_point(kith_ctx *ctx, dry *d, size_t point, kith_grid *grid)
{
    char text[SWEEP_VALUE_SIZE];
    KITH_TRY(kith_grid_row(ctx, grid));
    snprintf(text, sizeof text, "%zu", point + 1);
    KITH_TRY(kith_grid_cell(ctx, grid, 0, text));
    for (size_t a = 0; a < d->plan.axes; a++) {
        sweep_plan_cell(&d->plan, point, a, text);
        KITH_TRY(kith_grid_cell(ctx, grid, a + 1, text));
    }
    KITH_TRY(state_of(ctx, d, point, text));
    return kith_grid_cell(ctx, grid, d->plan.axes + 1, text);
}

static kith_status write_points(kith_ctx *ctx, dry *d, kith_grid *grid)
{
    KITH_TRY(kith_grid_title(ctx, grid, 0, "#", true));
    for (size_t a = 0; a < d->plan.axes; a++)
        KITH_TRY(kith_grid_title(ctx, grid, a + 1, d->plan.axis[a].title, false));
    KITH_TRY(kith_grid_title(ctx, grid, d->plan.axes + 1, "state", false));
    for (size_t i = 0; i < d->plan.points; i++)
        KITH_TRY(write_point(ctx, d, i, grid));
    (void)kith_grid_print(grid, stdout, 0);
    fflush(stdout);
    return KITH_OK;
}

static kith_status look(kith_ctx *ctx, const run_options *options, dry *d)
{
    char path[PATH_MAX + 16];
    kith_grid *grid = NULL;
    KITH_TRY(sweep_plan_read(ctx, options, &d->plan));
    KITH_TRY(sweep_plan_resolve(ctx, &d->plan));
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, d->plan.folder);
    if (access(path, F_OK) == 0) KITH_TRY(kith_results_read_any(ctx, path, &d->results));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", d->plan.points, &d->run));
    sweep_place_runs(&d->plan, &d->results, d->run);
    KITH_TRY(kith_grid_create(ctx, d->plan.axes + 2, &grid));
    const kith_status status = write_points(ctx, d, grid);
    kith_grid_destroy(grid);
    return status;
}

int sweep_dry_run(const run_options *options)
{
    dry d = {.runs = 0};
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = look(ctx, options, &d);
    say_notes(ctx);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    char rungs[512] = "";
    if (code == 0 && d.plan.rungs) {
        sweep_halving_tell(&d.plan, rungs, sizeof rungs);
        say("halving: %s", rungs);
    }
    if (code == 0) say("%zu runs into %s, %zu of them done already; nothing was made", d.runs, d.plan.folder, d.done);
    kith_free(d.run);
    kith_results_free(&d.results);
    sweep_plan_free(&d.plan);
    kith_ctx_destroy(ctx);
    return code;
}

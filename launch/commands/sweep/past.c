/* Which runs of a sweep were done before it was started. */
#include "launch/commands/sweep/plan.h"

#include "launch/commands/sweep/table.h"

#include <string.h>

static kith_status take_done(kith_ctx *ctx, sweep_plan *plan, const kith_results *results)
{
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", results->count + 1, &plan->past));
    for (size_t r = 0; r < results->count; r++)
        if (strcmp(results->run[r]->status, "done") == 0) plan->past[plan->pasts++] = sweep_digest_of(results->run[r]);
    return KITH_OK;
}

bool sweep_plan_is_past(sweep_plan *plan, uint64_t digest)
{
    kith_results results = {.count = 0};
    kith_ctx *aside = plan->looked ? NULL : kith_ctx_create();
    plan->looked = true;
    if (aside && kith_results_read_live(aside, plan->folder, &results) == KITH_OK) {
        (void)!take_done(aside, plan, &results);
        kith_results_free(&results);
    }
    kith_ctx_destroy(aside);
    for (size_t i = 0; i < plan->pasts; i++)
        if (plan->past[i] == digest) return true;
    return false;
}

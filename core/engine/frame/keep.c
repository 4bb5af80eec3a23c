/* When a run writes a checkpoint, what the frame itself puts into it, and what it takes out again. */
#include "engine/frame/frame.h"

#include "base/now.h"

#include <kith/topology.h>

#include <stdio.h>
#include <string.h>

kith_status kith_run_save(kith_ctx *ctx, kith_run *run)
{
    const kith_progress *p = &run->progress;
    const double begun = kith_now();
    KITH_TRY(kith_run_count_traffic(run));
    kith_saved saved = {.round = p->round,
                        .data = run->data ? kith_data_digest(run->data) : 0,
                        .init = run->initial.digest,
                        .best = run->best,
                        .stuck = run->stuck,
                        .wall = kith_now() - run->started,
                        .trained = run->trained,
                        .tested = run->tested,
                        .moved = run->moved};
    memcpy(saved.latest, p->latest, sizeof saved.latest);
    if (p->targets) memcpy(saved.target, run->target, p->targets * sizeof *run->target);
    KITH_TRY(kith_exchange_agree(run->exchange, run->record ? kith_record_commit(ctx, run->record) : KITH_OK, NULL));
    const uint64_t identity = run->record ? kith_record_identity(run->record) : 0;
    KITH_TRY(kith_saving_save(ctx, run->saving, &run->engine, identity, &saved));
    run->saved = kith_now();
    run->saving_s = run->saved - begun;
    run->progress.saved = true;
    run->progress.kept = p->round;
    return KITH_OK;
}

static kith_status check_init(kith_ctx *ctx, const kith_run *run, const kith_saved *saved)
{
    if (kith_exchange_place(run->exchange)->worker != 0 || run->initial.digest == saved->init) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: is not the model that the run in %s began at; put the former file back, or begin anew with "
                     "--overwrite",
                     run->run.init, run->folder);
}

static kith_status check_data(kith_ctx *ctx, const kith_run *run, const kith_saved *saved)
{
    if (!run->data || kith_exchange_place(run->exchange)->worker != 0 || kith_data_digest(run->data) == saved->data)
        return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: the data that %s reads is not what it was when the run began; put the "
                     "former files back, or begin anew with --overwrite",
                     run->folder, run->chosen[KITH_CHOSEN_DATASET].plugin->id);
}

kith_status kith_run_load(kith_ctx *ctx, kith_run *run)
{
    kith_saved saved;
    KITH_TRY(kith_saving_load(ctx, run->saving, &run->engine, run->progress.rounds, &saved));
    kith_status status = check_data(ctx, run, &saved);
    if (status == KITH_OK) status = check_init(ctx, run, &saved);
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    kith_progress *p = &run->progress;
    p->round = saved.round;
    memcpy(p->latest, saved.latest, sizeof p->latest);
    run->best = saved.best;
    run->stuck = saved.stuck;
    p->saved = true;
    p->kept = saved.round;
    run->started -= saved.wall;
    run->trained = saved.trained;
    run->tested = saved.tested;
    run->moved = saved.moved;
    if (p->targets) memcpy(run->target, saved.target, p->targets * sizeof *run->target);
    return KITH_OK;
}

kith_status kith_run_check_at_end(kith_ctx *ctx, const kith_run *run)
{
    const int64_t rounds = run->run.rounds, every = run->eval.every;
    if (!run->checkpoint.at_end || (every && rounds % every == 0)) return KITH_OK;
    char remedy[96] = "set eval.every so that run.rounds is a multiple of it";
    if (every) snprintf(remedy, sizeof remedy, "make run.rounds a multiple of eval.every = %lld", (long long)every);
    return kith_config_refuse(ctx, run->config, "checkpoint", "at_end",
                              "a longer run would not be evaluated after round %lld, so nothing could go on from "
                              "there; %s",
                              (long long)rounds, remedy);
}

/* What makes the rounds that are over other ones in a longer run. */
static kith_status check_schedules(kith_ctx *ctx, const kith_run *run, unsigned long long was)
{
    kith_why why;
    const kith_instance *topology = &run->chosen[KITH_CHOSEN_TOPOLOGY];
    const kith_topology *ops = topology->self ? topology->plugin->ops : NULL;
    const unsigned long long is = (unsigned long long)run->run.rounds;
    if (run->local.lr_schedule == KITH_LR_COSINE && kith_config_counts(run->config, "local", "lr_schedule", &why))
        return kith_config_refuse(
            ctx, run->config, "local", "lr_schedule",
            "it spans run.rounds, which was %llu and is %llu, so the rounds so far would have had "
            "other rates; begin anew with --overwrite",
            was, is);
    if (ops && ops->spans && ops->spans(topology->self))
        return kith_config_refuse(ctx, run->config, "run", "topology",
                                  "its graphs follow from run.rounds, which was %llu and is %llu, so the rounds so far "
                                  "would have had others; begin anew with --overwrite",
                                  was, is);
    return KITH_OK;
}

kith_status kith_run_check_longer(kith_ctx *ctx, const kith_run *run)
{
    uint64_t round = 0;
    const uint64_t was = run->saving ? kith_saving_rounds(run->saving, &round) : 0;
    const int64_t every = run->eval.every;
    if (run->checkpoint.at_end && run->engine.extra > 1)
        return kith_config_refuse(ctx, run->config, "checkpoint", "at_end",
                                  "rounds without training follow (decentralized.post_rounds), and nothing goes on "
                                  "from their end; take one of the two away");
    if (was == 0) return KITH_OK;
    KITH_TRY(check_schedules(ctx, run, was));
    if (round < was || (round == was && every && was % (uint64_t)every == 0)) return KITH_OK;
    return kith_config_refuse(ctx, run->config, "run", "rounds",
                              "it was %llu, and the checkpoint in %s is of round %llu, in which a longer run would not "
                              "be as this one was%s; begin anew with --overwrite",
                              (unsigned long long)was, run->folder, (unsigned long long)round,
                              round == was ? " (it would not be evaluated, by eval.every)" : "");
}

/* A stop in the middle of a round goes back to the last checkpoint. Where rounds take long, each is worth one; it may
 * take a twentieth of the time. */
static bool worth_keeping(const kith_run *run, double lasted)
{
    enum { SHARE = 20 };
    const kith_checkpoint_config *c = &run->checkpoint;
    return c->on_stop && lasted > c->patience && kith_now() - run->saved > SHARE * run->saving_s;
}

kith_status kith_run_save_due(kith_run *run, bool stop, double lasted, bool *due)
{
    const kith_checkpoint_config *c = &run->checkpoint;
    *due = (stop && c->on_stop) || (c->every && run->progress.round % (uint64_t)c->every == 0);
    if (*due || stop || (c->seconds <= 0.0 && !c->on_stop)) return KITH_OK;
    *due = (c->seconds > 0.0 && kith_now() - run->saved >= c->seconds) || worth_keeping(run, lasted);
    *due = *due && kith_exchange_place(run->exchange)->worker == 0;
    return kith_exchange_agree(run->exchange, KITH_OK, due);
}

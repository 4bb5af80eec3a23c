/* The frame's own state, shared by the file that resolves a configuration and the one that makes the rounds.
 *
 * Ownership: the run owns what it opened; exchange, registry and configuration are borrowed. Threads: one per worker.
 */
#ifndef KITH_FRAME_H
#define KITH_FRAME_H

#include "engine/engine.h"
#include "engine/frame/measures.h"
#include "engine/frame/resume.h"
#include "engine/frame/run.h"
#include "engine/work/evaluate.h"
#include "engine/work/initial.h"
#include "record/record.h"

enum { FOLDER_SIZE = 4096, MOST_FACTS = 16 };

struct kith_run {
    kith_run_options options;
    kith_registry *registry;
    kith_config *config;
    kith_run_config run;
    kith_attack_config attack;
    kith_server_config server;
    kith_local_config local;
    kith_eval_config eval;
    kith_record_config recording;
    kith_checkpoint_config checkpoint;
    kith_learners_config keeping;
    kith_data_config data_config;
    kith_partition_config partition;
    kith_instance chosen[KITH_CHOSEN_COUNT];
    char folder[FOLDER_SIZE];

    kith_exchange *exchange;
    kith_queues *queues;
    kith_data *data;
    kith_trainer *trainer;
    kith_evaluator *evaluator;
    kith_measures *measures;
    kith_target *target; /* [eval.target.count] */
    const kith_engine_type *type;
    void *own; /* the role's settings */
    kith_truths truths;
    kith_engine engine;
    kith_record *record;
    kith_saving *saving; /* NULL where nothing is recorded */
    kith_resumption resumption;
    size_t dimension;
    kith_initial initial;
    kith_block *blocks; /* [block_count] the model's */
    size_t block_count;
    kith_fact fact[MOST_FACTS]; /* the data set's */
    size_t facts;
    kith_progress progress;
    double best;                     /* of what the run is judged by, so far; NaN before */
    uint64_t stuck;                  /* evaluations since */
    bool looked;                     /* whether it was looked for what ends it */
    double started, trained, tested; /* wall clock, s: of the start, in rounds, in evaluations */
    kith_traffic before, moved;      /* between domains: by the exchange before the run, by the run so far */
    double saved, saving_s;          /* wall clock of the last checkpoint, and what it took, s */
};

/* [all] Data, model, trainer and queues of a run that is resolved, without an engine. */
kith_status kith_run_open_model(kith_ctx *ctx, kith_run *run, kith_exchange *exchange) KITH_CHECKED;
/* [all] KITH_EEXCHANGE where hosts read other values or plugins than the first. */
kith_status kith_run_check_alike(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* [all] KITH_EIO where hosts that will write into the run's folder, which is there, do not see it. */
kith_status kith_run_check_shared(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* [all] Reads the file that run.init names, into run->initial. */
kith_status kith_run_open_initial(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* Gives the configuration the defaults of the role and of the algorithm, before their sections are bound. */
kith_status kith_defaults_prefer(kith_ctx *ctx, kith_run *run, const kith_plugin *algorithm) KITH_CHECKED;
/* Plugins are chosen: refuses, with KITH_EPLUGIN, defaults of the algorithm that no row could take. */
kith_status kith_defaults_check(kith_ctx *ctx, const kith_run *run) KITH_CHECKED;
/* Refuses learners.keep where learners have nothing of their own to keep. */
kith_status kith_run_check_keeping(kith_ctx *ctx, const kith_run *run) KITH_CHECKED;
/* [all] Writes learners.npy where learners.keep asks for it. */
kith_status kith_run_keep_learners(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* Worker 0: writes what the run leaves, and closes the record with this status. */
kith_status kith_run_leave(kith_ctx *ctx, kith_run *run, const char *status, const char *message) KITH_CHECKED;
/* [all] Writes a checkpoint. */
kith_status kith_run_save(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* [all] Goes on from the one that is open. */
kith_status kith_run_load(kith_ctx *ctx, kith_run *run) KITH_CHECKED;
/* [all] Whether to write one now. stop: somebody asked to. lasted: s of the step. By the clock of worker 0, so that all
 * agree; when a checkpoint is written changes no result. */
kith_status kith_run_save_due(kith_run *run, bool stop, double lasted, bool *due) KITH_CHECKED;
/* Refuses a run.stop_at that is none. */
kith_status kith_run_check_ending(kith_ctx *ctx, const kith_run *run) KITH_CHECKED;
/* Refuses a checkpoint.at_end that nothing could go on from as a longer run would have. */
kith_status kith_run_check_at_end(kith_ctx *ctx, const kith_run *run) KITH_CHECKED;
/* [engine open] Refuses more rounds than the open checkpoint's run had where they change what it made, naming the key.
 */
kith_status kith_run_check_longer(kith_ctx *ctx, const kith_run *run) KITH_CHECKED;
/* [all] After an evaluation: whether the run ends in this round. last: it does anyway, so that nothing is said. */
kith_status kith_run_ends(kith_ctx *ctx, kith_run *run, bool last, bool *out) KITH_CHECKED;
/* How many reals the engine's model has. */
size_t kith_run_length(const kith_run *run);

/* [all] Adds up what moved between domains for this run: its exchange may have served others before. */
kith_status kith_run_count_traffic(kith_run *run) KITH_CHECKED;
/* [all] Measures the run as it is now, and records that. tests: models are tested and policies asked, too. The workers
 * do not agree on failures yet. */
kith_status kith_run_evaluate(kith_ctx *ctx, kith_run *run, bool tests) KITH_CHECKED;
/* [worker 0] What record.arrivals asks for, of the last round. */
kith_status kith_run_record_arrivals(kith_ctx *ctx, kith_run *run) KITH_CHECKED;

/* What the data set says to compare results with, as metrics of the round that the run is at. */
kith_status kith_run_record_facts(kith_ctx *ctx, kith_run *run) KITH_CHECKED;

/* Writes who holds which example to a file that appears whole or not at all; replaces such a file only, and none that
 * the run reads. By one worker. */
kith_status kith_partition_save(kith_ctx *ctx, const struct kith_config *config, const kith_data *data,
                                const char *path) KITH_CHECKED;

#endif

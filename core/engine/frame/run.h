/* A run, from a configuration to its results: the frame that every engine shares.
 *
 * Life: kith_run_resolve() binds the configuration (no worker talks to another); kith_run_open() loads data and makes
 * the engine; kith_run_step() makes one round at a time; kith_run_close() frees. The caller decides what to do between
 * rounds: draw a progress bar, stop.
 * Threads: one per worker. Functions marked [all] must be called by all workers in the same order, and agree on
 *   failures.
 */
#ifndef KITH_RUN_H
#define KITH_RUN_H

#include "config/config.h"
#include "engine/work/dealing.h"

#include "base/metrics.h"
#include <kith/dataset.h>
#include <stdbool.h>

struct kith_data;
struct kith_engine;
struct kith_exchange;
struct kith_instance;
struct kith_registry;
struct kith_run_config;

typedef struct kith_run kith_run;

/* The plugins that a run chooses. */
typedef enum kith_choice {
    KITH_CHOSEN_ALGORITHM = 0,
    KITH_CHOSEN_MODEL,
    KITH_CHOSEN_DATASET,
    KITH_CHOSEN_TOPOLOGY,
    KITH_CHOSEN_GAME,
    KITH_CHOSEN_COUNT
} kith_choice;

typedef struct kith_run_options {
    kith_dealing deal;
    bool record;             /* write a run folder; else keep results in memory only */
    bool overwrite;          /* replace what a former run left in the folder */
    bool collected;          /* the folder is one of a sweep, whose record accounts for what former runs left in it */
    bool resume;             /* go on with the run that the folder holds, */
    bool other_plugins;      /* also with other plugins than it was made with */
    const char *name;        /* of the run; the default folder is runs/NAME */
    const char *environment; /* "key=value" lines for the record */
    bool (*stopping)(void);  /* whether this worker was asked to stop, for what takes long; or NULL */
    const char *build;       /* those of them that results depend on; a run is resumed with the same only */
} kith_run_options;

/* The host's own sections, the common ones and those of each role: the i-th; false past the last. */
bool kith_run_section(size_t i, kith_section *out);

/* A role's default in place of a row's; NULL where it has none. */
const char *kith_run_default(uint32_t role, const char *section, const char *key);

/* Binds every section to its table and loads the plugins that the configuration names, without touching data: all that
 * `kith show` needs. After it the configuration is finished. */
kith_status kith_run_resolve(kith_ctx *ctx, struct kith_registry *registry, struct kith_config *config,
                             const kith_run_options *options, kith_run **out) __attribute__((warn_unused_result));
/* [resolved] Whether its role plays a game, in place of training a model on data. */
bool kith_run_plays(const kith_run *run);
/* [resolved] A plugin that the run chose; NULL where its role has no such choice. */
const kith_plugin *kith_run_plugin(const kith_run *run, kith_choice choice);
/* [resolved] Refuses what can be told to fail without data: files that are not there, those of the plan that cannot be
 * read, a plan that cannot be, a graph that cannot be made. The run cannot be opened after that. */
kith_status kith_run_rehearse(kith_ctx *ctx, kith_run *run) __attribute__((warn_unused_result));
/* [resolved] Moves the bound parameters of a choice into *out, which the caller creates and closes; the run cannot be
 * opened after that. */
void kith_run_give(kith_run *run, kith_choice choice, struct kith_instance *out);
/* [resolved] Sections as they were bound: [run], and the settings of the role. They live as long as the run. */
typedef struct kith_run_settings {
    const struct kith_run_config *run;
    const void *own;
} kith_run_settings;
kith_run_settings kith_run_bound(const kith_run *run);
/* [all] Loads data, makes boards, engine and record. With options.resume the run is then where its newest checkpoint
 * left it (kith_run_progress tells the round; 0: there was none yet), or begins where the folder holds no run, or
 * kith_run_finished() and nothing was opened or changed. */
kith_status kith_run_open(kith_ctx *ctx, kith_run *run, struct kith_exchange *exchange)
    __attribute__((warn_unused_result));

/* [all] Loads and deals data without making an engine: all that a look at the partition needs. It comes in place of
 * kith_run_open, and *out is the run's own. */
kith_status kith_run_deal(kith_ctx *ctx, kith_run *run, struct kith_exchange *exchange, struct kith_data **out)
    __attribute__((warn_unused_result));

/* What it took to reach a test accuracy. */
typedef struct kith_target {
    bool reached;
    double accuracy;
    uint64_t round;
    double bytes, virtual_time;
} kith_target;

/* As many as a run may ask for. */
enum { KITH_MOST_TARGETS = 16 };

typedef struct kith_progress {
    uint64_t round, rounds;
    double virtual_time;              /* s; NaN where no time is modelled */
    double steps;                     /* of training, where rounds have various numbers of them; NaN else */
    double latest[KITH_METRIC_COUNT]; /* what each metric was when it was measured last, by KITH_AT_<name>;
                                         NaN where it never was, and of families */
    bool evaluated;                   /* this round was evaluated */
    const kith_target *target;        /* [targets] beside eval.target */
    size_t targets;
    bool saved;    /* a checkpoint holds this round */
    bool given_up; /* the run was stopped within this round, so it is at none */
    uint64_t kept; /* the round of the newest checkpoint; 0: there is none */
} kith_progress;

/* [all] One round, its evaluation and records where one is due, and a checkpoint where one is. *stop in: this worker
 * was asked to stop; out: any worker was, and all results so far are on disk. It is no reason to evaluate: a stopped
 * run has the numbers that an undisturbed one has by then. *done: the last round was made. */
kith_status kith_run_step(kith_ctx *ctx, kith_run *run, bool *stop, bool *done) __attribute__((warn_unused_result));
/* Whether the run to be resumed was finished already. */
bool kith_run_finished(const kith_run *run);
/* [after opening] Whether there was a run to be resumed. */
bool kith_run_resumed(const kith_run *run);
const kith_progress *kith_run_progress(const kith_run *run);
/* The place in the list of metrics of what leads among those that are known; KITH_METRIC_COUNT: none is. */
size_t kith_progress_leading(const kith_progress *progress);
/* What the data set says to compare results with; they are metrics of round 0, too. */
const kith_fact *kith_run_facts(const kith_run *run, size_t *count);
/* [all] Writes the model and closes the record as "done", which removes the checkpoints, or "stopped"; `failed`: the
 * message that goes with "failed". */
kith_status kith_run_finish(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
    __attribute__((warn_unused_result));
/* [worker 0] Enters a run that kith_run_open() refused as failed, with its message, in place of whatever the folder
 * held. */
kith_status kith_run_enter_failed(kith_ctx *ctx, kith_run *run, const char *message)
    __attribute__((warn_unused_result));
/* Two runs have one digest if their configurations are the same, but for what changes no result (run.output,
 * [checkpoint] ...): begin with 0, and add every value in the configuration's order. */
uint64_t kith_run_digest_add(uint64_t digest, const char *section, const char *key, const char *value);
/* The folder results go to; "" when nothing is recorded. */
const char *kith_run_folder(const kith_run *run);
/* The current model: d reals, the same on every worker. */
const kith_real *kith_run_model(const kith_run *run, size_t *dimension);
/* [all] Between rounds: hands over the engine's own metrics since they were asked for last, recording none. */
kith_status kith_run_measure(kith_ctx *ctx, kith_run *run,
                             kith_status (*take)(void *arg, const char *name, double value), void *arg)
    __attribute__((warn_unused_result));
/* The engine, for tests that look inside. */
const struct kith_engine *kith_run_engine(const kith_run *run);
/* [all] */
void kith_run_close(kith_run *run);

#endif

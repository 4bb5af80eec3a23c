/* What the frame of a run asks of an engine: what stands between engine/frame and the roles. One engine for each role.
 *
 * Ownership: the engine borrows everything in kith_engine_setup until close. Threads: one per worker.
 * Functions marked [all] are called by all workers in the same order and agree on failures.
 */
#ifndef KITH_ENGINE_H
#define KITH_ENGINE_H

#include "data/data.h"
#include "engine/work/dealing.h"
#include "engine/work/initial.h"
#include "engine/work/settings.h"
#include "engine/work/trainer.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"
#include "record/checkpoint.h"
#include "record/record.h"

#include <math.h>

typedef struct kith_engine_setup {
    kith_exchange *exchange;
    kith_queues *queues; /* KITH_QUEUE_VISITS and KITH_QUEUE_TESTS are the engine's */
    const kith_config *config;
    const kith_run_config *run;
    const kith_attack_config *attack;
    const kith_server_config *server;
    const kith_local_config *local;
    const void *own; /* the settings of the role, as its type's sections fill them */
    const kith_eval_config *eval;
    const kith_instance *algorithm, *model, *topology, *game; /* a role that plays has the first and the last alone */
    struct kith_registry *registry;                           /* of filters */
    const struct kith_block *blocks;                          /* [block_count] the model's */
    size_t block_count;
    const kith_initial *initial; /* where learners begin; gone after open */
    kith_data *data;
    kith_trainer *trainer;
    size_t dimension; /* d */
    kith_dealing deal;
} kith_engine_setup;

/* Takes one measure: called back for each metric of an evaluation. */
typedef kith_status (*kith_measure)(void *arg, const char *name, double value);

/* Takes one histogram: value[b] of bin b. */
typedef kith_status (*kith_tally)(void *arg, const char *name, const double *value, size_t bins);

/* Takes one arrival. */
typedef kith_status (*kith_take_arrival)(void *arg, const kith_recorded_arrival *arrival);

typedef struct kith_engine {
    void *self;
    kith_truths truths;   /* facts of kith_engine_type.facts that only opening could tell */
    uint64_t extra;       /* rounds to make beside run.rounds, after them */
    uint64_t extra_every; /* evaluate every so many of them; 0: by eval.every, as before them */
    /* [all] One round. Stopped in the middle of it (base/stop.h), the engine has no state that means anything, and is
     * closed without another question. */
    kith_status (*round)(kith_ctx *ctx, void *self);
    /* [all] Called before an evaluation, and before the model is written; makes the model. NULL: it is always there. */
    kith_status (*prepare)(kith_ctx *ctx, void *self);
    /* The model that stands for the run: d reals, the same on every worker, valid until the next round. */
    const kith_real *(*model)(const void *self);
    /* How many reals that is. NULL: d. */
    size_t (*length)(const void *self);
    /* Leaves files beside the model in the run's folder. By worker 0, after prepare. NULL: there are none. */
    kith_status (*leave)(kith_ctx *ctx, const void *self, const char *folder);
    /* s of the clock so far; NaN where no time is modelled. NULL: it never is. */
    double (*virtual_time)(const void *self);
    /* Steps of training so far, of roles whose rounds have various numbers of them. NULL: of others. */
    double (*steps)(const void *self);
    /* Learners' own models, where they have some; both or neither. home: the domain in which a learner's is at hand.
     * own: what learner i would use now, by one worker there; points *x at it (d), or writes it into scratch (d) first.
     */
    uint32_t (*home)(const void *self, size_t learner);
    kith_status (*own)(kith_ctx *ctx, void *self, size_t learner, kith_real *scratch, const kith_real **x);
    /* [all] After prepare, but for roles that play and make no tests: the engine's own metrics since the last call, the
     * same on every worker; no agreement may follow the first measure(). tests: those, too, that test single models on
     * data or that policies are asked for; else what follows from what rounds left behind. The
     * frame itself goes by bytes_sent. */
    kith_status (*measure)(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg);
    /* Who took part in the first `rounds` rounds, without looking at any vector. Told to stop while that takes long, it
     * gives up with KITH_ESTOPPED. May be NULL. */
    kith_status (*histograms)(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally tally, void *arg);
    /* Who arrived in the last round, or met whom. By worker 0. NULL: nobody does. */
    kith_status (*arrivals)(const void *self, kith_take_arrival take, void *arg);
    /* The graph of the last round; out->nodes stays 0 where there was none. What it points to is the engine's, valid
     * until the next round. By worker 0, when no round follows. NULL: the role has no graph. */
    kith_status (*graph)(kith_ctx *ctx, void *self, kith_last_graph *out);
    /* [all] */
    void (*close)(void *self);

    /* Checkpoints; all three or none. Together with what the configuration gives (data, plan, streams) the parts are
     * all that the next round and the next measure depend on. An algorithm keeps nothing outside its planes, so they
     * are the engine's business alone. */
    /* What there is to save: the same list on every worker and in every run of this configuration, whatever the number
     * of workers and domains. Lives as long as the engine. */
    const kith_part *(*parts)(const void *self, size_t *count);
    uint64_t grows; /* 1 << p of each part that has fewer rows, or shorter ones, in a run of fewer rounds: load() then
                       reads what there is of it, which is all that was in use */
    /* [all] Between rounds: writes of every part what this worker is in charge of, each piece by one worker. Part p of
     * the list is part p of the checkpoint. No exchange with others: the frame agrees when all have written. */
    kith_status (*save)(kith_ctx *ctx, const void *self, kith_checkpoint *to);
    /* [all] Before the first round: makes the state what it was after `round` rounds. Agrees on failures. */
    kith_status (*load)(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round);
} kith_engine;

/* A section that a role brings. Several roles may name the same rows. */
typedef struct kith_role_section {
    kith_section section;
    size_t offset; /* of its struct in the role's settings */
} kith_role_section;

/* What a role's check looks at: sections as they were bound. */
typedef struct kith_role_setup {
    const kith_config *config;
    const kith_run_config *run;
    const kith_attack_config *attack;
    const kith_server_config *server;
    const kith_local_config *local;
    const kith_plugin *algorithm;
    struct kith_registry *registry; /* of filters */
    void *own;                      /* the role's settings; defaults that depend on others may be settled in it */
} kith_role_setup;

/* What the frame must know of a role before it opens the engine. */
typedef struct kith_engine_type {
    uint32_t role;
    size_t servers; /* nodes of the graph beside the learners */
    bool merges;    /* the run's model is the mean of the learners': its scores are recorded as merged_test_..., too */
    bool apart;     /* learners may each begin at a model of its own */
    bool plays;     /* policies and a game in place of data, model and topology */
    bool filters;   /* messages pass the filters of [run], [attack] and [server] */
    const kith_role_section *sections; /* [section_count] */
    size_t section_count, settings_size;
    const kith_default *defaults; /* [default_count] of common sections, but for run.algorithm */
    size_t default_count;
    /* Refuses, with KITH_ECONFIG, settings that do not go together. NULL: all do. */
    kith_status (*check)(kith_ctx *ctx, const kith_role_setup *setup);
    /* After check: reads what files the settings name, and refuses a plan that cannot be, as far as that is known
     * without data. NULL: there is nothing to look at. */
    kith_status (*rehearse)(kith_ctx *ctx, const kith_role_setup *setup);
    /* The most messages of a server step. NULL: there is no server. */
    size_t (*arrivals)(const void *own);
    /* The topology properties that an algorithm's table asks for. */
    uint32_t (*needs)(const kith_plugin *algorithm);
    /* Adds facts that conditions ask for. game and own are NULL while they are not known. */
    void (*facts)(const kith_plugin *algorithm, const kith_plugin *game, const void *own, kith_truths *out);
    /* [all] */
    kith_status (*open)(kith_ctx *ctx, const kith_engine_setup *setup, kith_engine *out);
} kith_engine_type;

#define KITH_ENGINE_OF(upper, lower) extern const kith_engine_type kith_##lower##_engine;
KITH_ROLE_MAP(KITH_ENGINE_OF)
#undef KITH_ENGINE_OF
/* The i-th of them; NULL past the last. */
const kith_engine_type *kith_engine_at(size_t i);
/* NULL where this build has no engine for the role. */
const kith_engine_type *kith_engine_of(uint32_t role);

#endif

/* What the files of a contest share. */
#ifndef KITH_CONTEST_INSIDE_H
#define KITH_CONTEST_INSIDE_H

#include "engine/contest/contest.h"
#include "base/heap.h"
#include "config/config.h"
#include "engine/frame/run.h"
#include "engine/population/settings.h"
#include "record/policies.h"
#include "rl/markov.h"
#include "rl/payoff.h"

enum { KITH_FOLDER_SIZE = 4096 };

/* One folder. */
typedef struct kith_source {
    char *folder;
    const char *name; /* the folder, or what it is called */
    kith_config *config;
    kith_run *run; /* resolved, never opened */
    kith_run_settings bound;
    const kith_population_settings *own;
    kith_policy_set set;
    kith_real *narrow; /* (P, E): what plays; in double precision the same numbers again */
} kith_source;

struct kith_contest {
    kith_contest_setup setup;
    kith_source *source;
    size_t sources;
    kith_entrant *entrant;
    size_t entrants;
    kith_instance game;
    kith_game_shape shape;
    kith_policy_form kind;
    size_t entries; /* numbers of a policy */
    kith_payoffs *payoffs;
    kith_markov *markov;
    kith_match_setup match_setup; /* of games with states */
    const kith_real **playing[2]; /* [policies] of row and column */
    double *scratch;              /* of exact numbers */
    kith_heap heap;
};

kith_status kith_contest_gather(kith_ctx *ctx, kith_contest *c) KITH_CHECKED;
/* Makes what the kind needs to play. Policies and entrants are there. */
kith_status kith_contest_prepare(kith_ctx *ctx, kith_contest *c) KITH_CHECKED;

static inline const kith_source *kith_source_of(const kith_contest *c, const kith_entrant *e)
{
    return &c->source[e->source];
}
/* The k-th policy of an entrant, as it was written and as it plays. */
static inline const double *kith_entrant_table(const kith_contest *c, const kith_entrant *e, size_t k)
{
    return (const double *)kith_source_of(c, e)->set.value + e->policy[k] * c->entries;
}
static inline const kith_real *kith_entrant_policy(const kith_contest *c, const kith_entrant *e, size_t k)
{
    return kith_source_of(c, e)->narrow + e->policy[k] * c->entries;
}
/* The entrant as a mixture that plays; the array of policies is the contest's own, one for each side. */
kith_opponents kith_entrant_side(kith_contest *c, const kith_entrant *e, size_t side);
/* [all] Plays a match of about.episodes; payoff is won less lost. */
kith_status kith_contest_match(kith_ctx *ctx, kith_contest *c, kith_match *match, kith_pairing *out) KITH_CHECKED;
/* Numbers of matches. Pairs come first, then what responses play: twice for each, of every entrant. */
static inline uint64_t kith_pair_number(const kith_contest *c, size_t row, size_t column)
{
    return (uint64_t)row * c->entrants + column;
}
static inline uint64_t kith_response_number(const kith_contest *c, size_t entrant, size_t response)
{
    return (uint64_t)c->entrants * c->entrants + (uint64_t)response * c->entrants + entrant;
}
/* Settings of networks, and of lanes of episodes: those of the first run. */
static inline const kith_learner_config *kith_contest_mappo(const kith_contest *c)
{
    return &c->source[0].own->mappo;
}

#endif

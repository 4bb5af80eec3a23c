/* A contest between policies that runs left in their folders: who wins how much of whom.
 *
 * An *entrant* is what a text names: FOLDER, or FOLDER:WHICH, where WHICH is
 *   mixture       the mixture that stands for the run, as without WHICH
 *   NAME          the newest policy of the population NAME
 *   NAME/K        its K-th in the order of freezing, from 0
 *   NAME/uniform  all of them alike, one drawn for each episode
 *   NAME/each     each of them, as an entrant of its own
 * A mixture draws one of its policies before an episode, and does not tell whom.
 *
 * How pairs meet follows from the kind of policies: tables of matrix games exactly; tables of games with states exactly
 * for their payoff (discounted by the game's own factor), and by episodes for who wins; networks by episodes alone.
 * Same bits: exact numbers are computed by every worker alike; episodes are played in lanes (rl/learner.h).
 * Ownership: the registry, the exchange and texts are borrowed. Threads: one per worker; functions marked [all] are
 * called by all workers in the same order and agree on failures. Errors: KITH_EUSAGE for texts that name nothing,
 * KITH_ECONFIG for runs that cannot meet; what files are not (KITH_EIO, KITH_EDATA).
 */
#ifndef KITH_CONTEST_H
#define KITH_CONTEST_H

#include "engine/population/policies.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"
#include "rl/learner.h"

#include <stdbool.h>

typedef struct kith_contest kith_contest;

typedef struct kith_contest_setup {
    kith_exchange *exchange;
    kith_registry *registry;
    const char *const *text;  /* [count] */
    const char *const *label; /* [count] what to call the run that a text names, "" as the text does; or NULL */
    size_t count;
    uint64_t seed, episodes;
    bool commands; /* programs may be started that folders name */
} kith_contest_setup;

enum { KITH_ENTRANT_TEXT = 320 };

typedef struct kith_entrant {
    char name[KITH_ENTRANT_TEXT]; /* as it would be typed, but for its run's label */
    char what[96];                /* "fxp, output: mixture of 4 policies" */
    size_t source;                /* which run */
    size_t count;                 /* policies */
    uint32_t *policy;             /* [count] by their numbers in the run */
    double *weight;               /* [count] > 0, sum 1 */
} kith_entrant;

/* [all] */
kith_status kith_contest_open(kith_ctx *ctx, const kith_contest_setup *setup, kith_contest **out) KITH_CHECKED;
/* [all] Takes NULL. */
void kith_contest_close(kith_contest *contest);

kith_policy_form kith_contest_form(const kith_contest *contest);
const char *kith_contest_game(const kith_contest *contest);
size_t kith_contest_size(const kith_contest *contest);
const kith_entrant *kith_contest_entrant(const kith_contest *contest, size_t i);
/* Where `text` is among entrants: a name, or a number from 1. KITH_EUSAGE where it is none; `option` begins the
 * message. */
kith_status kith_contest_find(kith_ctx *ctx, const kith_contest *contest, const char *option, const char *text,
                              size_t *out) KITH_CHECKED;

/* One pair, as the row sees it. */
typedef struct kith_pairing {
    double won, drawn, lost; /* shares of episodes; in matrix games probabilities */
    uint64_t episodes;       /* played; 0: shares are exact */
    double payoff;           /* exact, or won - lost */
    double low, high;        /* its 95 % interval; NaN where it is exact */
} kith_pairing;

/* [all] row != column. */
kith_status kith_contest_play(kith_ctx *ctx, kith_contest *contest, size_t row, size_t column,
                              kith_pairing *out) KITH_CHECKED;

/* The game that is played, for those who draw it. Matrix games have none. */
const kith_match_setup *kith_contest_match_setup(const kith_contest *contest);
/* Plays one episode of a pair for somebody to watch, the same as in kith_contest_play; row and column may be the same.
 * By one worker. Not for matrix games. */
kith_status kith_contest_watch(kith_ctx *ctx, kith_contest *contest, size_t row, size_t column, uint64_t episode,
                               kith_watcher watcher, void *arg) KITH_CHECKED;

/* How much a team that knows the entrant, but not whom of a mixture it meets, can win of it; tables only. */
typedef struct kith_exposure {
    double lower, upper; /* equal where it is exact */
    double individual;   /* matrix games: the most that one player alone can win; else NaN */
} kith_exposure;

/* [all] Fails with KITH_EINTERNAL for networks. */
kith_status kith_contest_expose(kith_ctx *ctx, kith_contest *contest, size_t entrant, kith_exposure *out) KITH_CHECKED;

/* ---- best responses by learning, to networks ---- */

/* One response: a learner (rl/learner.h, with [mappo] of the first run) that trained against the entrant, frozen. */
typedef struct kith_response {
    size_t seed;         /* 0, 1, ... */
    bool warm;           /* it began as the entrant's policy of the greatest weight, and not from scratch */
    uint64_t steps;      /* environment steps */
    kith_pairing result; /* of the response (row) against the entrant */
} kith_response;

typedef struct kith_response_plan {
    uint64_t steps;          /* of each response, rounded up to whole updates */
    size_t seeds;            /* one from scratch and one warm of each */
    kith_response *response; /* [2 seeds] out: all, by the episodes that chose among them */
    kith_response best; /* out: the best of them, by as many new episodes, so that the choice does not flatter it */
    /* Called after each response. May be NULL. */
    void (*tell)(void *arg, const kith_response *response);
    void *arg;
} kith_response_plan;

/* [all] Trains responses to the frozen entrant. What the best wins is a lower bound of what the best team could.
 * KITH_ECONFIG where policies are tables. */
kith_status kith_contest_respond(kith_ctx *ctx, kith_contest *contest, size_t entrant,
                                 kith_response_plan *plan) KITH_CHECKED;

#endif

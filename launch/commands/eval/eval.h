/* What the files of `kith eval` share: its options, and what it found out.
 *
 * Ownership: eval_options_free and eval_found_free. Threads: one.
 */
#ifndef KITH_LAUNCH_EVAL_H
#define KITH_LAUNCH_EVAL_H

#include "engine/contest/contest.h"
#include "launch/commands/eval/replay.h"
#include "launch/services/options.h"
#include <stdio.h>

typedef struct eval_options {
    run_options run;   /* first, since a worker gets this part */
    const char **text; /* [count] entrants */
    size_t count;
    const char **label; /* [count] what to call them; "": as the text does */
    size_t labels;      /* that were given */
    bool several;       /* texts were typed, so that one sweep's runs are told from another's */
    option_words words; /* what workers that -n starts get */
    uint64_t seed, episodes;
    double prior;                                      /* drawn games that Elo's prior gives each entrant */
    const char *anchor;                                /* NULL: the first entrant */
    const char *output;                                /* CSV; or NULL */
    uint64_t response;                                 /* environment steps of each best response; 0: none is trained */
    size_t responders;                                 /* seeds */
    const char *replay;                                /* a folder; or NULL */
    char output_home[PATH_MAX], replay_home[PATH_MAX]; /* what they lie in, if they begin in the home folder */
    const char **pick;                                 /* [picks] which episodes: "ROW/COLUMN/EPISODE" */
    size_t picks;
    bool frames;   /* as PNG, too */
    bool commands; /* that folders name may be started */
} eval_options;

/* A failure has been worded when it returns. */
kith_status eval_options_parse(int argc, char **argv, eval_options *out) KITH_CHECKED;
void eval_options_free(eval_options *options);
/* Puts runs in place of sweeps' folders, ids and names among the entrants. A failure has been worded. */
kith_status eval_expand(eval_options *options) KITH_CHECKED;

typedef struct eval_found {
    const kith_contest *contest;
    size_t count, anchor;     /* n entrants */
    kith_pairing *pairing;    /* (n, n); the diagonal is not used */
    double *rating, *half;    /* [n] Elo; half NaN where results are exact */
    kith_exposure *exposed;   /* [n]; NULL for networks */
    double *points, *drawn;   /* (n, n) */
    kith_response_plan *plan; /* [n] what responses came to; NULL: none were trained */
    kith_response *response;  /* (n, 2 seeds) what plans point to */
} eval_found;

/* For people, on standard output. */
void eval_print(const eval_options *options, const eval_found *found);
/* One line for each number: measure, row, column, episodes, value, low, high. */
void eval_write(const eval_found *found, FILE *out);

#endif

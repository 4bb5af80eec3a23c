/* Random play of games with states, for their trials.
 *
 * Ownership: what is opened is closed by its close function. Threads: one. Errors: KITH_EPLUGIN where the contract in
 * kith/game.h is broken.
 */
#ifndef KITH_LAUNCH_TRIAL_PLAY_H
#define KITH_LAUNCH_TRIAL_PLAY_H

#include "launch/commands/authoring/trial.h"

/* Some copies in play. */
typedef struct play {
    trial *t;
    const kith_game *ops;
    void *self;
    const kith_game_shape *shape;
    size_t count, steps;
    kith_copies copies;
    kith_stream *acting; /* [count] */
    int32_t *action;
    kith_real *reward, *seen, *central;
    uint8_t *end, *legal, *active;
    kith_outcome *outcome;
} play;

/* Copies first .. first + count - 1, at the beginning of an episode; memory holds `soil` before. */
kith_status play_open(trial *t, const kith_instance *game, const kith_game_shape *shape, size_t count, size_t first,
                      int soil, play *out) KITH_CHECKED;
/* One step of every copy by random legal actions, with all checks. *over: none plays on. */
kith_status play_step(play *p, bool *over) KITH_CHECKED;
void play_close(play *p);

#endif

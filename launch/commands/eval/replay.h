/* Replays: one episode of a match as text, as an animated picture, and as one picture for each step.
 *
 * Threads: one. Errors: KITH_EIO, and what the game says.
 */
#ifndef KITH_LAUNCH_REPLAY_H
#define KITH_LAUNCH_REPLAY_H

#include "engine/contest/contest.h"

typedef struct replay {
    size_t row, column; /* entrants */
    uint64_t episode;
} replay;

/* By one worker. Writes ROW-COLUMN-EPISODE.txt into the folder, counting entrants from 1; where the game draws itself,
 * .svg, which plays by itself in a browser; and with `frames` ROW-COLUMN-EPISODE-0000.png and so on, by rsvg-convert.
 */
kith_status replay_write(kith_ctx *ctx, kith_contest *contest, const replay *which, const char *folder,
                         bool frames) KITH_CHECKED;

#endif

/* What is told of an exact game before long work on it begins: how large it is, and how long a step takes.
 *
 * Nothing is told where nobody listens (base/headway.h), nor of games that are quick. Threads: one per worker.
 */
#ifndef KITH_ENGINE_POPULATION_SIZE_H
#define KITH_ENGINE_POPULATION_SIZE_H

#include "engine/population/kind.h"

/* "soccer: 1 player a team with 5 actions, 5 joint actions; 760 states". */
void kith_game_size_text(const char *game, const kith_game_shape *shape, char *text, size_t size);
/* Before tables of the game are made. */
void kith_arena_tell_size(const kith_arena *a, const kith_game_shape *shape);
/* Before the first round, of policies that are tables: tries one step, which changes nothing that a job begins with. */
void kith_arena_tell_pace(kith_arena *a, const kith_game_shape *shape);

#endif

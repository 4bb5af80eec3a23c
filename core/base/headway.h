/* How far something long is, for whoever looks from outside while it is made.
 *
 * What can take long says which part of it is under way, and how far that is: a few stores, so that it may be said in
 * every step. Parts have parts: "visit 340 of 1,000, step 12 of 100". What is said replaces what was said at the same
 * level, and drops what was said below it, so nothing has to be taken back when something fails.
 * Ownership: words are borrowed, and live as long as they may be read. Threads: one says, any may read; a reader may
 * see the number of one moment beside the words of another. No result may depend on it. No call fails.
 */
#ifndef KITH_HEADWAY_H
#define KITH_HEADWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KITH_HEADWAYS = 3 };

typedef struct kith_headway {
    const char *what;
    uint64_t at, of; /* the at-th of `of`, from 0; of = 0: how many there are is not known */
} kith_headway;

/* The part of a round that begins, or NULL: none. */
void kith_headway_begin(const char *what);
/* How far that part is. */
void kith_headway_reach(uint64_t at, uint64_t of);
/* How far something within it is, at a level from 1 to KITH_HEADWAYS - 1. */
void kith_headway_within(size_t level, const char *what, uint64_t at, uint64_t of);

/* Returns how many levels there are now. */
size_t kith_headway_read(kith_headway out[KITH_HEADWAYS]);
/* "visit 340 of 1,000, step 12 of 100"; what there is but one of is left out. "" where nothing is said. */
void kith_headway_text(const kith_headway *part, size_t count, char *text, size_t size);
/* How much of the outermost part is done, from 0 to 1; NaN where that is not known. */
double kith_headway_share(const kith_headway *part, size_t count);
/* A number as people read it: 12,345. */
void kith_headway_number(uint64_t number, char *text, size_t size);

/* What is to be known before something long begins: a line for whoever listens. NULL: nobody does. */
void kith_headway_listen(void (*hear)(void *arg, const char *line), void *arg);
bool kith_headway_heard(void);
void kith_headway_tell(const char *line);

#endif

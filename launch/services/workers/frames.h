/* Keeps from the user what prterun says by itself: it cannot be told to be quiet, and puts what it has to say between
 * two lines of 74 dashes. A few lines of its libraries, which tell of no fault of the job's, have no frame and are
 * dropped by their words. What workers say passes at once, progress without an end of line too.
 *
 * Threads: one.
 */
#ifndef KITH_LAUNCH_FRAMES_H
#define KITH_LAUNCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { FRAMES_DASHES = 74, FRAMES_MOST = 1 << 14 };

/* Zero-initialise it. */
typedef struct frames {
    char held[FRAMES_MOST]; /* what may be, or is, a frame that is not yet complete */
    size_t count;
    size_t dashes; /* at the end of held, in a line that has nothing else; or in what may become a first line */
    bool inside;   /* the first line of dashes is complete */
    bool closed;   /* a frame ended right before */
    char last;     /* what came before; 0: nothing did */
    bool socket;   /* a line told of a worker that is gone */
    bool lost;     /* a frame told of a host that was lost */
    char host[64]; /* which, as mpirun calls it; "": it did not say */
    bool word;     /* what is held begins, or is, a line that is dropped by its words */
} frames;

typedef enum frames_told {
    FRAMES_NOTHING = 0,
    FRAMES_LOST, /* a host was lost */
    FRAMES_DEAD, /* a worker that others were connected to is gone */
} frames_told;

/* Where what passes goes. */
typedef void frames_sink(void *to, const char *text, size_t length);
/* Takes what was read. A frame of more than FRAMES_MOST bytes is none, and passes. */
void frames_take(frames *f, const char *text, size_t length, frames_sink *sink, void *to);
/* There is no more: a frame without an end passes. */
void frames_end(frames *f, frames_sink *sink, void *to);

typedef struct frames_filter {
    pid_t process;
    frames *seen; /* shared with the process */
} frames_filter;

/* Starts a process that copies what comes through a pipe to standard error, without frames, until nobody holds the pipe
 * open any more. *in: the end to write to. Returns false, with errno set, if there can be none. It is a process and not
 * a part of who waits for signals, because a terminal or a reader that takes nothing blocks it. */
bool frames_start(int *in, frames_filter *out);
/* Waits until it has copied everything, but no longer than a second: processes that mpirun left behind may hold the
 * pipe; it is ended then. What was told in what it dropped; host[64]: of FRAMES_LOST, which, "" if that was not told.
 */
frames_told frames_wait(frames_filter *filter, char *host);

#endif

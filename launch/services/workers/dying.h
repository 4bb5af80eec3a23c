/* Plugins that end the process or crash: what they did becomes a failure of the call that was under way, by going back
 * to it (base/call.h). Where that cannot be, it is said, and the process ends with the code of KITH_EPLUGIN.
 *
 * exit(), _exit(), _Exit(), quick_exit() and err() with its kin are this program's own: a plugin finds them before
 * those of the C library. What that ends from within (error(), say) is met by a function that runs at exit. Signals of
 * a crash come on a stack of their own. Processes that a plugin forks, and its threads, end as they like. Threads: one.
 * No call fails.
 */
#ifndef KITH_LAUNCH_DYING_H
#define KITH_LAUNCH_DYING_H

/* At the program's start. */
void dying_watch(void);
/* Once more, when a library (Open MPI) may have taken the signals. */
void dying_watch_again(void);
/* Of a child of this process: what dies in it is not gone back to; where it was comes into `place`. */
void dying_tell(char *place, unsigned size);
/* The exit code, after saying what no failure could tell of. */
int dying_end(int code);

#endif

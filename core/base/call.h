/* Calls of plugins' code: whose code runs, for whom, in which round; and a way back where it does not return.
 *
 * Every call into a plugin is announced. What the plugin returns is looked at: a status that there is none of, one
 * without a message, success after a failure. And whoever notices that the plugin ends the process, or crashes, goes
 * back to the innermost call that can be gone back to, which then fails with a sentence like any other. Who notices is
 * the program's business (launch/services/workers/dying.h); without it a plugin takes the process along.
 *
 * What the frames between the plugin and that call own is lost, so a run that fails like this must end.
 * Ownership: ids and names of callbacks are borrowed. Threads: the one that computes; there is one state a process,
 * since a signal's handler can reach nothing else. Errors: KITH_EPLUGIN.
 */
#ifndef KITH_CALL_H
#define KITH_CALL_H

#include <kith/base.h>
#include <setjmp.h>
#include <stdbool.h>

/* Of no learner; within another call of the same learner as that. */
#define KITH_NOBODY SIZE_MAX
/* Outside of rounds: while a run is opened, or there is none. */
#define KITH_NO_ROUND UINT64_MAX

enum { KITH_CALL_SENTENCE = 1024 };

typedef struct kith_call {
    struct kith_call *outer;
    kith_ctx *ctx;
    const char *plugin, *callback, *whose;
    size_t number;
    bool said; /* ctx had a message before */
    volatile bool lands;
    jmp_buf back;
} kith_call;

/* Announces a call; until kith_call_end() it is the innermost one. ctx: where a failure is worded, NULL where the
 * callback cannot fail. */
void kith_call_begin(kith_call *call, kith_ctx *ctx, const char *plugin, const char *callback, const char *whose,
                     size_t number);
void kith_call_end(const kith_call *call);
/* Ends a call that returned this, or that was gone back to. Both return the status that counts, worded in the call's
 * ctx. */
kith_status kith_call_returned(const kith_call *call, kith_status status) KITH_CHECKED;
kith_status kith_call_died(const kith_call *call) KITH_CHECKED;

/* Returns upward what a callback failed with. Locals that `expr` changes do not count after that. whose, number:
 * "token", 3, say. */
#define KITH_TRY_CALL_OF(ctx_, plugin_, callback_, whose_, number_, expr)                                              \
    do {                                                                                                               \
        kith_call kith_call_;                                                                                          \
        kith_call_begin(&kith_call_, (ctx_), (plugin_), (callback_), (whose_), (number_));                             \
        if (setjmp(kith_call_.back) != 0) return kith_call_died(&kith_call_);                                          \
        kith_call_.lands = true;                                                                                       \
        KITH_TRY(kith_call_returned(&kith_call_, (expr)));                                                             \
    } while (0)
#define KITH_TRY_CALL(ctx_, plugin_, callback_, learner_, expr)                                                        \
    KITH_TRY_CALL_OF(ctx_, plugin_, callback_, "learner", learner_, expr)
/* The same for one that returns nothing that could tell of a failure. */
#define KITH_TRY_VOID(ctx_, plugin_, callback_, learner_, expr)                                                        \
    KITH_TRY_CALL(ctx_, plugin_, callback_, learner_, ((expr), KITH_OK))
/* One that cannot be gone back to by itself, within one that can. */
#define KITH_CALL(plugin_, callback_, learner_, expr)                                                                  \
    do {                                                                                                               \
        kith_call kith_call_;                                                                                          \
        kith_call_begin(&kith_call_, NULL, (plugin_), (callback_), "learner", (learner_));                             \
        expr;                                                                                                          \
        kith_call_end(&kith_call_);                                                                                    \
    } while (0)

/* Which round is made from now on. */
void kith_calls_round(uint64_t round);

/* ---- for the program ---- */

/* Whether a plugin's code is under way. Safe in a handler. */
bool kith_calls_any(void);
/* "fedavg: client() of learner 3, round 5", cut off where there is no room; "" outside of plugins. Safe in a handler.
 * Returns its length. */
size_t kith_calls_where(char *text, size_t size);
/* Grows with every call. */
uint64_t kith_calls_count(void);
/* What the plugin did, as words that follow its place, is kept; then back to the innermost call that can be gone back
 * to. Returns if there is none. `crashed`: memory may be damaged. Safe in a handler of the thread that computes. */
void kith_calls_die(const char *how, bool crashed);
/* What is done after going back from a crash, before anything else. */
void kith_calls_landing(void (*after_crash)(void));
/* Whether a plugin has crashed in this process, so that what it computes from now on is not to be trusted. */
bool kith_calls_crashed(void);
/* The sentence about a plugin that died where no failure could be told (in its destroy(), say), "" if there was none.
 */
const char *kith_calls_untold(void);

#endif

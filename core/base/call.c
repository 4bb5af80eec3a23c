#include "base/call.h"

#include "base/plain.h"
#include "base/stop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HOW_SIZE = 160, PLACE_SIZE = 256 };

/* One thread computes, and a handler has no argument of ours. */
static struct {
    kith_call *volatile now;
    volatile uint64_t round, count;
    bool crashed, landing;
    void (*after_crash)(void);
    char how[HOW_SIZE], place[PLACE_SIZE];
    char untold[KITH_CALL_SENTENCE];
} calls = {.round = KITH_NO_ROUND};

void kith_call_begin(kith_call *call, kith_ctx *ctx, const char *plugin, const char *callback, const char *whose,
                     size_t number)
{
    kith_call *outer = calls.now;
    call->outer = outer;
    call->ctx = ctx;
    call->plugin = plugin;
    call->callback = callback;
    const bool inherits = number == KITH_NOBODY && outer;
    call->whose = inherits ? outer->whose : whose;
    call->number = inherits ? outer->number : number;
    call->said = ctx && *kith_ctx_message(ctx);
    call->lands = false;
    calls.count = calls.count + 1;
    calls.now = call;
}

void kith_call_end(const kith_call *call)
{
    calls.now = call->outer;
}

void kith_calls_round(uint64_t round)
{
    calls.round = round;
}

/* ---- where ---- */

static size_t describe_call(const kith_call *call, char *text, size_t size)
{
    size_t used = kith_plain_add(text, size, 0, call->plugin);
    used = kith_plain_add(text, size, used, ": ");
    used = kith_plain_add(text, size, used, call->callback);
    used = kith_plain_add(text, size, used, "()");
    if (call->number != KITH_NOBODY) {
        used = kith_plain_add(text, size, used, " of ");
        used = kith_plain_add(text, size, used, call->whose);
        used = kith_plain_add(text, size, used, " ");
        used = kith_plain_add_number(text, size, used, call->number);
    }
    return used;
}

static size_t describe(const kith_call *call, char *text, size_t size)
{
    size_t used = describe_call(call, text, size);
    if (calls.round != KITH_NO_ROUND) {
        used = kith_plain_add(text, size, used, call->number != KITH_NOBODY ? ", round " : " in round ");
        used = kith_plain_add_number(text, size, used, calls.round);
    }
    return used;
}

bool kith_calls_any(void)
{
    return calls.now != NULL;
}

size_t kith_calls_where(char *text, size_t size)
{
    const kith_call *now = calls.now;
    text[0] = '\0';
    return now ? describe(now, text, size) : 0;
}

uint64_t kith_calls_count(void)
{
    return calls.count;
}

/* ---- what came back ---- */

static bool is_known(kith_status status)
{
    switch (status) {
#define STATUS_CASE(name, code, text) case name:
        KITH_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
        return true;
    }
    return false;
}

static const char *name_of(kith_status status)
{
    switch (status) {
#define STATUS_NAME(name, code, text)                                                                                  \
    case name:                                                                                                         \
        return #name;
        KITH_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
    }
    return "?";
}

/* What only the host can say: that somebody asked to stop, that workers lost each other. */
static bool is_hosts(kith_status status)
{
    return status == KITH_ESTOPPED || status == KITH_EEXCHANGE;
}

/* Whether the message tells already where it was: it comes from a call within this one, or it is the host's own about
 * what a callback had it do. */
static bool is_placed(const kith_call *call)
{
    char round[48];
    if (calls.round == KITH_NO_ROUND)
        return call->number == KITH_NOBODY || strstr(kith_ctx_message(call->ctx), "() of ");
    snprintf(round, sizeof round, "round %" PRIu64, calls.round);
    return strstr(kith_ctx_message(call->ctx), round) != NULL;
}

/* The place, "what", and then the message. */
static kith_status reword(const kith_call *call, kith_status status, const char *what)
{
    char said[KITH_CALL_SENTENCE], place[PLACE_SIZE];
    snprintf(said, sizeof said, "%s", kith_ctx_message(call->ctx));
    describe(call, place, sizeof place);
    kith_ctx_forget(call->ctx);
    return kith_fail(call->ctx, status, "%s %s: %s", place, what, said);
}

static kith_status add_place(const kith_call *call, kith_status status)
{
    char said[KITH_CALL_SENTENCE], place[PLACE_SIZE], round[48] = "";
    snprintf(said, sizeof said, "%s", kith_ctx_message(call->ctx));
    describe_call(call, place, sizeof place);
    if (calls.round != KITH_NO_ROUND) snprintf(round, sizeof round, " in round %" PRIu64, calls.round);
    kith_ctx_forget(call->ctx);
    return kith_fail(call->ctx, status, "%s failed%s: %s", place, round, said);
}

static kith_status complain(const kith_call *call, kith_status status)
{
    char place[PLACE_SIZE];
    const bool worded = call->ctx && *kith_ctx_message(call->ctx);
    describe(call, place, sizeof place);
    if (status == KITH_OK) return reword(call, KITH_EPLUGIN, "returned KITH_OK after it failed");
    if (!is_known(status) && worded) return reword(call, KITH_EPLUGIN, "returned no kith_status after it failed");
    if (!is_known(status))
        return kith_fail(call->ctx, KITH_EPLUGIN, "%s returned %d, which is no kith_status", place, (int)status);
    if (is_hosts(status)) {
        kith_ctx_forget(call->ctx);
        return kith_fail(call->ctx, KITH_EPLUGIN, "%s returned %s, which only the host may", place, name_of(status));
    }
    if (worded) return is_placed(call) ? status : add_place(call, status);
    return kith_fail(call->ctx, status, "%s returned %s (%s) without a message; word failures with kith_fail()", place,
                     name_of(status), kith_status_text(status));
}

/* Whatever the plugin makes of a host's function that gave up. */
static kith_status give_up(const kith_call *call)
{
    if (!call->ctx) return KITH_ESTOPPED;
    kith_ctx_forget(call->ctx);
    return kith_stop_check(call->ctx);
}

kith_status kith_call_returned(const kith_call *call, kith_status status)
{
    kith_call_end(call);
    if (kith_stop_given_up()) return give_up(call);
    if (status == KITH_OK && (!call->ctx || call->said || !*kith_ctx_message(call->ctx))) return KITH_OK;
    return complain(call, status);
}

/* ---- what did not come back ---- */

void kith_calls_die(const char *how, bool crashed)
{
    kith_call *call = calls.now;
    kith_calls_where(calls.place, sizeof calls.place);
    kith_plain_add(calls.how, sizeof calls.how, 0, how);
    while (call && !call->lands)
        call = call->outer;
    if (!call) return;
    /* Not twice. */
    call->lands = false;
    calls.now = call;
    calls.landing = crashed;
    calls.crashed |= crashed;
    longjmp(call->back, 1);
}

kith_status kith_call_died(const kith_call *call)
{
    if (calls.landing && calls.after_crash) calls.after_crash();
    calls.landing = false;
    kith_call_end(call);
    char said[KITH_CALL_SENTENCE] = "";
    if (call->ctx && *kith_ctx_message(call->ctx))
        snprintf(said, sizeof said, "; its last message: %s", kith_ctx_message(call->ctx));
    if (!call->ctx) snprintf(calls.untold, sizeof calls.untold, "%s %s", calls.place, calls.how);
    kith_ctx_forget(call->ctx);
    return kith_fail(call->ctx, KITH_EPLUGIN, "%s %s%s", calls.place, calls.how, said);
}

void kith_calls_landing(void (*after_crash)(void))
{
    calls.after_crash = after_crash;
}

bool kith_calls_crashed(void)
{
    return calls.crashed;
}

const char *kith_calls_untold(void)
{
    return calls.untold;
}

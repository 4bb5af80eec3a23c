#include "base/headway.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* One process makes one thing at a time, and whoever looks on has no argument of its own. */
static struct {
    _Atomic(const char *) what[KITH_HEADWAYS];
    _Atomic uint64_t at[KITH_HEADWAYS], of[KITH_HEADWAYS];
    atomic_size_t count;
} now;

static struct {
    void (*hear)(void *arg, const char *line);
    void *arg;
} listener;

#define PUT(place, value) atomic_store_explicit(&(place), (value), memory_order_relaxed)
#define GET(place)        atomic_load_explicit(&(place), memory_order_relaxed)

void kith_headway_within(size_t level, const char *what, uint64_t at, uint64_t of)
{
    for (size_t k = GET(now.count); k < level; k++)
        PUT(now.what[k], NULL);
    PUT(now.what[level], what);
    PUT(now.at[level], at);
    PUT(now.of[level], of);
    PUT(now.count, level + 1);
}

void kith_headway_begin(const char *what)
{
    kith_headway_within(0, what, 0, 0);
    if (!what) PUT(now.count, 0);
}

void kith_headway_reach(uint64_t at, uint64_t of)
{
    PUT(now.at[0], at);
    PUT(now.of[0], of);
    PUT(now.count, 1);
}

size_t kith_headway_read(kith_headway out[KITH_HEADWAYS])
{
    const size_t count = GET(now.count);
    size_t known = 0;
    while (known < count && known < KITH_HEADWAYS) {
        out[known] = (kith_headway){GET(now.what[known]), GET(now.at[known]), GET(now.of[known])};
        known++;
    }
    return known && out[0].what ? known : 0;
}

void kith_headway_number(uint64_t number, char *text, size_t size)
{
    char digits[24];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (i && (length - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

static void describe(const kith_headway *s, char *text, size_t size)
{
    char at[32], of[32];
    kith_headway_number(s->at + 1, at, sizeof at);
    kith_headway_number(s->of, of, sizeof of);
    if (s->of > 1)
        snprintf(text, size, "%s %s of %s", s->what, s->at < s->of ? at : of, of);
    else if (s->of == 0 && s->at)
        snprintf(text, size, "%s %s", s->what, at);
    else
        snprintf(text, size, "%s", s->what);
}

void kith_headway_text(const kith_headway *part, size_t count, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t k = 0; k < count; k++) {
        char one[128];
        const size_t used = strlen(text);
        /* of one thing its parts tell enough */
        if (!part[k].what || (part[k].of == 1 && k + 1 < count)) continue;
        describe(&part[k], one, sizeof one);
        if (used < size) snprintf(text + used, size - used, "%s%s", used ? ", " : "", one);
    }
}

double kith_headway_share(const kith_headway *part, size_t count)
{
    double share = 0.0;
    if (!count || part[0].of == 0) return NAN;
    for (size_t k = count; k-- > 0;) {
        const double of = (double)part[k].of;
        if (!part[k].what) continue;
        share = of > 0.0 ? fmin(((double)part[k].at + share) / of, 1.0) : 0.0;
    }
    return share;
}

void kith_headway_listen(void (*hear)(void *arg, const char *line), void *arg)
{
    listener.hear = hear;
    listener.arg = arg;
}

bool kith_headway_heard(void)
{
    return listener.hear != NULL;
}

void kith_headway_tell(const char *line)
{
    if (listener.hear) listener.hear(listener.arg, line);
}

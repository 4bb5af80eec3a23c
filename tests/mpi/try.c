#include "try.h"

#include <math.h>
#include <stdarg.h>

void try_wrong(try_run *t, const char *format, ...)
{
    if (t->why[0]) return;
    va_list args;
    va_start(args, format);
    vsnprintf(t->why, sizeof t->why, format, args);
    va_end(args);
}

void try_status(try_run *t, kith_status got, kith_status wanted, const char *call)
{
    if (got != wanted)
        try_wrong(t, "%s gave \"%s\" instead of \"%s\" (%s)", call, kith_status_text(got), kith_status_text(wanted),
                  kith_ctx_message(t->ctx));
}

void try_end(try_run *t, const char *name)
{
    if (t->why[0]) fprintf(stderr, "# worker %zu: %s: %s\n", t->place->worker, name, t->why);
    const kith_status all = kith_exchange_agree(t->ex, t->why[0] ? KITH_EDATA : KITH_OK, NULL);
    if (all != KITH_OK || t->why[0]) t->failures++;
    if (t->place->worker == 0) printf("%s - %s\n", all == KITH_OK ? "ok" : "not ok", name);
    t->why[0] = '\0';
}

static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
    return x ^ (x >> 32);
}

double try_value(uint64_t salt, size_t row, size_t coordinate)
{
    const size_t pair = row % 4 == 2 ? row - 1 : row;
    const uint64_t bits = scramble(scramble(scramble(salt + 1) + pair) + coordinate);
    const double unit = 1.0 + (double)(bits >> 40) / 16777216.0;
    const double value = ldexp(bits & 1 ? unit : -unit, (int)(bits >> 1 & 15) - 8);
    return pair % 4 != 1 ? value : ldexp(pair == row ? value : -value, 50);
}

size_t try_writer(const try_run *t, size_t row)
{
    return (row * 7 + 3) % t->place->workers;
}

uint32_t try_domain(const try_run *t, size_t worker)
{
    for (size_t d = 0; d < t->place->domains; d++) {
        size_t first = 0, last = 0;
        kith_exchange_domain(t->ex, d, &first, &last);
        if (worker >= first && worker < last) return (uint32_t)d;
    }
    return UINT32_MAX;
}

void try_digest(try_run *t, const void *bytes, size_t count)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; t->place->worker == 0 && i < count; i++)
        t->digest = (t->digest ^ b[i]) * 0x100000001b3u;
}

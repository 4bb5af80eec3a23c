#include "config/config.h"

#include <string.h>

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance with adjacent swaps (the "optimal string alignment"); both lengths <= LONGEST. */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t row[3][LONGEST + 1]; /* two rows back, one row back, this one; used in turn */
    for (size_t j = 0; j <= n; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *now = row[i % 3];
        const size_t *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[m % 3][n];
}

const char *kith_nearest(const char *wrong, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 0;
    const size_t m = strlen(wrong);
    if (m == 0 || m > LONGEST) return NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t n = strlen(names[i]);
        if (n == 0 || n > LONGEST) continue;
        const size_t d = distance(wrong, m, names[i], n);
        /* One typing error per three letters; a word with none of its letters kept is no near one. */
        if (d > (m > n ? m + 2 : n + 2) / 3 || d >= least(m, n)) continue;
        if (best && d >= best_distance) continue;
        best = names[i];
        best_distance = d;
    }
    return best;
}

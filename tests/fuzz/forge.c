/* A checkpoint that somebody made up: FILE's parts with some numbers changed, its digests right again.
 *
 * usage: forge FOLDER SEED   The newest checkpoint of FOLDER is replaced. What is changed follows from the seed: bits,
 * bytes, extremes and NaNs in one to eight elements of any part, or another round.
 */
#include "record/checkpoint.h"

#include <kith/random.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t below(kith_stream *s, uint64_t n)
{
    return kith_draw_below(s, n);
}

/* One element of `size` bytes. */
static void spoil(kith_stream *s, unsigned char *element, size_t size)
{
    static const uint64_t words[] = {0, 1, 2, 255, 1u << 31, UINT32_MAX, UINT64_MAX, UINT64_MAX / 2, UINT64_MAX - 1};
    static const double numbers[] = {0.0, -1.0, 1e308, -1e308, 1e-308, 1e18, -1e18, (double)INFINITY};
    const double number = numbers[below(s, 8)];
    const uint64_t word = words[below(s, 9)];
    switch (below(s, 4)) {
    case 0:
        element[below(s, size)] ^= (unsigned char)(1u << below(s, 8));
        break;
    case 1:
        element[below(s, size)] = (unsigned char)below(s, 256);
        break;
    case 2:
        memcpy(element, &word, size < sizeof word ? size : sizeof word);
        break;
    default:
        if (size == sizeof number)
            memcpy(element, &number, size);
        else
            memset(element, 0xff, size); /* a NaN, or the greatest number */
    }
}

static kith_status copy_row(kith_ctx *ctx, kith_checkpoint *from, kith_checkpoint *to, size_t part, size_t row,
                            kith_stream *s, size_t *left)
{
    const kith_part *p = &kith_checkpoint_setup_of(from)->part[part];
    unsigned char *bytes = NULL;
    KITH_TRY(kith_alloc(ctx, "a row", p->length + 1, p->size, (void **)&bytes));
    kith_status status = kith_checkpoint_read_row(ctx, from, part, row, bytes);
    if (status == KITH_EDATA) { /* nobody has written that row: a learner that was not seen yet */
        kith_ctx_forget(ctx);
        kith_free(bytes);
        return KITH_OK;
    }
    for (size_t k = below(s, 3); p->length && k-- && *left; --*left)
        spoil(s, bytes + below(s, p->length) * p->size, p->size);
    if (status == KITH_OK) status = kith_checkpoint_write_row(ctx, to, part, row, bytes);
    kith_free(bytes);
    return status;
}

static kith_status forge(kith_ctx *ctx, const char *folder, uint64_t seed)
{
    kith_stream s = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
    kith_checkpoint *from = NULL, *to = NULL;
    uint64_t round = 0;
    bool found = false;
    KITH_TRY(kith_checkpoint_newest(ctx, folder, &found, &round));
    if (!found) return kith_fail(ctx, KITH_EIO, "%s: there is no checkpoint", folder);
    KITH_TRY(kith_checkpoint_open(ctx, folder, round, &from));
    kith_checkpoint_setup setup = *kith_checkpoint_setup_of(from);
    size_t left = 1 + below(&s, 8), rows = 0;
    if (below(&s, 20) == 0) setup.round += below(&s, 3);
    kith_status status = kith_checkpoint_create(ctx, folder, &setup, &to);
    for (size_t p = 0; p < setup.parts; p++)
        rows += setup.part[p].rows;
    /* parts differ in size: what is not changed yet may be so in any of the rows that follow */
    for (size_t p = 0; p < setup.parts && status == KITH_OK; p++)
        for (size_t r = 0; r < setup.part[p].rows && status == KITH_OK; r++) {
            size_t none = 0;
            const bool here = below(&s, rows) < 8 || p + 1 == setup.parts;
            status = copy_row(ctx, from, to, p, r, &s, here ? &left : &none);
        }
    if (status == KITH_OK) status = kith_checkpoint_seal(ctx, to);
    if (status == KITH_OK) status = kith_checkpoint_place(ctx, to, 1);
    kith_checkpoint_close(to);
    kith_checkpoint_close(from);
    return status;
}

int main(int argc, char **argv)
{
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = argc == 3 ? forge(ctx, argv[1], strtoull(argv[2], NULL, 10)) : KITH_EUSAGE;
    if (status != KITH_OK) fprintf(stderr, "forge: %s\n", kith_ctx_message(ctx));
    kith_ctx_destroy(ctx);
    return (int)status;
}

#include "launch/commands/sweep/draws.h"

#include <kith/random.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum law { UNIFORM, LOGUNIFORM, INTEGERS, CHOICE, LAWS } law;

static const char *const laws[LAWS] = {"uniform", "loguniform", "integers", "choice"};

typedef struct drawing {
    law law;
    double low, high;
    sweep_values list; /* of a choice */
} drawing;

/* Which law a text calls; LAWS: none. */
static law law_of(const char *text)
{
    const size_t length = strlen(text);
    law found = UNIFORM;
    for (; found < LAWS; found++) {
        const size_t name = strlen(laws[found]);
        if (strncmp(text, laws[found], name) == 0 && text[name] == '(' && text[length - 1] == ')') break;
    }
    return found;
}

bool sweep_is_drawn(const char *text)
{
    return law_of(text) != LAWS;
}

static kith_status read_ends(kith_ctx *ctx, const char *where, const char *inside, drawing *d)
{
    const char *end = inside, *last = NULL;
    d->low = kith_number(inside, &end);
    const char *comma = end + strspn(end, " ");
    const char *second = *comma == ',' ? comma + 1 + strspn(comma + 1, " ") : "";
    d->high = kith_number(second, &last);
    const bool read = end != inside && last != second && last[strspn(last, " ")] == '\0';
    const bool whole = d->law != INTEGERS || (d->low == floor(d->low) && d->high == floor(d->high));
    if (read && whole && d->low < d->high && isfinite(d->high - d->low) && (d->law != LOGUNIFORM || d->low > 0))
        return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s(%s) is no range; write %s(LOW, HIGH) with LOW < HIGH%s", where,
                     laws[d->law], inside, laws[d->law],
                     d->law == LOGUNIFORM ? ", both greater than 0"
                     : d->law == INTEGERS ? ", whole numbers"
                                          : "");
}

static kith_status read_drawing(kith_ctx *ctx, const char *where, const char *text, drawing *d)
{
    d->law = law_of(text);
    const char *from = text + strlen(laws[d->law]) + 1;
    char *inside = strndup(from, strlen(from) - 1);
    if (!inside) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its values", where);
    const kith_status status =
        d->law == CHOICE ? sweep_values_parse(ctx, where, inside, &d->list) : read_ends(ctx, where, inside, d);
    free(inside);
    return status;
}

/* FNV-1a, so that axes have streams of their own. */
static uint64_t hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3;
    return h;
}

/* Six digits, which a decimal text of so many gives back. */
static char *value_of(const drawing *d, kith_stream *stream)
{
    char *text = NULL;
    double value = 0;
    const double u = kith_draw_uniform(stream);
    switch (d->law) {
    case CHOICE:
        return strdup(d->list.text[(size_t)(u * (double)d->list.count)]);
    case INTEGERS:
        value = d->low + floor(u * (d->high - d->low + 1));
        return asprintf(&text, "%.0f", value) < 0 ? NULL : text;
    case LOGUNIFORM:
        value = d->low * exp(u * log(d->high / d->low));
        break;
    default:
        value = d->low + u * (d->high - d->low);
    }
    return asprintf(&text, "%.6g", value) < 0 ? NULL : text;
}

static kith_status fill(kith_ctx *ctx, const char *where, const drawing *d, const char *name, uint64_t seed,
                        size_t count, sweep_values *out)
{
    out->text = calloc(count, sizeof *out->text);
    for (size_t k = 0; out->text && k < count; k++) {
        kith_stream stream = kith_stream_at(seed, KITH_FOR_SWEEPS, hash(name), k);
        out->text[k] = value_of(d, &stream);
        out->count += out->text[k] != NULL;
    }
    if (out->count == count) return KITH_OK;
    sweep_values_free(out);
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its values", where);
}

kith_status sweep_draw(kith_ctx *ctx, const char *where, const char *text, const char *name, uint64_t seed,
                       size_t count, sweep_values *out)
{
    drawing d = {.law = LAWS};
    *out = (sweep_values){.count = 0};
    KITH_TRY(read_drawing(ctx, where, text, &d));
    const kith_status status = fill(ctx, where, &d, name, seed, count, out);
    sweep_values_free(&d.list);
    return status;
}

#include "cnn.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 65536 };

struct reader {
    kith_ctx *ctx;
    const char *key, *text;
    const char *word; /* the one under the eye */
    size_t length;    /* 0: a comma or the end */
};

static const char *const names[] = {"conv", "pool", "relu", "groupnorm", "dropout", "dense"};
static const char *const forms[] = {
    "conv FILTERS SIDE [pad ROWS]", "pool SIDE", "relu", "groupnorm GROUPS", "dropout RATE", "dense [UNITS]"};

static size_t place(const struct reader *r)
{
    return (size_t)(r->word - r->text) + 1;
}

static void look_at(struct reader *r, const char *at)
{
    r->word = at + strspn(at, " \t");
    r->length = strcspn(r->word, " \t,");
}

static void next(struct reader *r)
{
    look_at(r, r->word + r->length);
}

static bool is(const struct reader *r, const char *word)
{
    return strlen(word) == r->length && memcmp(r->word, word, r->length) == 0;
}

/* What stands under the eye, for messages. */
static kith_status unexpected(const struct reader *r, const char *wanted, cnn_word word)
{
    if (r->length)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s: \"%.*s\" at character %zu is not %s; a layer is written \"%s\"",
                         r->key, (int)r->length, r->word, place(r), wanted, forms[word]);
    return kith_fail(r->ctx, KITH_ECONFIG, "%s: %s at character %zu lacks %s; a layer is written \"%s\"", r->key,
                     names[word], place(r), wanted, forms[word]);
}

static kith_status whole_number(struct reader *r, cnn_word word, const char *what, unsigned long least, size_t *out)
{
    char *end = NULL;
    const bool digit = r->length && *r->word >= '0' && *r->word <= '9';
    const unsigned long value = digit ? strtoul(r->word, &end, 10) : 0;
    if (!digit || end != r->word + r->length || value < least || value > MOST) return unexpected(r, what, word);
    *out = value;
    next(r);
    return KITH_OK;
}

static kith_status fraction(struct reader *r, cnn_word word, double *out)
{
    const char *end = NULL;
    const bool digit = r->length && ((*r->word >= '0' && *r->word <= '9') || *r->word == '.');
    const double value = digit ? kith_number(r->word, &end) : 0;
    if (!digit || end != r->word + r->length || !(value >= 0 && value < 1))
        return unexpected(r, "a rate in [0,1)", word);
    *out = value;
    next(r);
    return KITH_OK;
}

static kith_status convolution(struct reader *r, cnn_layer *l)
{
    KITH_TRY(whole_number(r, CNN_CONV, "a number of filters from 1 to 65536", 1, &l->size));
    KITH_TRY(whole_number(r, CNN_CONV, "a side from 1 to 65536", 1, &l->side));
    if (!is(r, "pad")) return KITH_OK;
    next(r);
    const size_t at = place(r);
    KITH_TRY(whole_number(r, CNN_CONV, "a number of rows to pad from 0 to 65536", 0, &l->pad));
    if (l->pad < l->side) return KITH_OK;
    return kith_fail(r->ctx, KITH_ECONFIG,
                     "%s: pad %zu at character %zu is not below the side, %zu; some outputs would see "
                     "nothing but margin",
                     r->key, l->pad, at, l->side);
}

static kith_status arguments(struct reader *r, cnn_layer *l)
{
    switch (l->word) {
    case CNN_CONV:
        return convolution(r, l);
    case CNN_POOL:
        return whole_number(r, l->word, "a side from 1 to 65536", 1, &l->size);
    case CNN_GROUPNORM:
        return whole_number(r, l->word, "a number of groups from 1 to 65536", 1, &l->size);
    case CNN_DROPOUT:
        return fraction(r, l->word, &l->rate);
    case CNN_DENSE:
        return r->length ? whole_number(r, l->word, "a number of units from 1 to 65536", 1, &l->size) : KITH_OK;
    case CNN_RELU:
        break;
    }
    return KITH_OK;
}

static kith_status one_layer(struct reader *r, cnn_layer *l)
{
    enum { NAMES = sizeof names / sizeof names[0] };
    size_t word = 0;
    if (r->length == 0)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s: a layer is missing at character %zu; write one of conv, pool, relu, "
                         "groupnorm, dropout, dense there",
                         r->key, place(r));
    while (word < NAMES && !is(r, names[word]))
        word++;
    if (word == NAMES)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s: \"%.*s\" at character %zu is no layer; layers are conv, pool, relu, "
                         "groupnorm, dropout, dense",
                         r->key, (int)r->length, r->word, place(r));
    *l = (cnn_layer){.word = (cnn_word)word, .at = place(r)};
    next(r);
    KITH_TRY(arguments(r, l));
    if (r->length == 0) return KITH_OK;
    return kith_fail(r->ctx, KITH_ECONFIG,
                     "%s: \"%.*s\" at character %zu follows a complete layer, \"%s\"; separate layers "
                     "by commas",
                     r->key, (int)r->length, r->word, place(r), forms[word]);
}

static kith_status check_last(const struct reader *r, const cnn_layer *layer, size_t count)
{
    for (size_t l = 0; l + 1 < count; l++) {
        if (layer[l].word == CNN_DENSE && layer[l].size == 0)
            return kith_fail(r->ctx, KITH_ECONFIG,
                             "%s: dense at character %zu has no number of units; only the last layer "
                             "may do without, it has one for each class",
                             r->key, layer[l].at);
    }
    const cnn_layer *last = &layer[count - 1];
    if (last->word == CNN_DENSE && last->size == 0) return KITH_OK;
    return kith_fail(r->ctx, KITH_ECONFIG,
                     "%s: the last layer, %s at character %zu, is not \"dense\" without a number; add "
                     "\", dense\", which gets one unit for each class",
                     r->key, names[last->word], last->at);
}

kith_status cnn_read(kith_ctx *ctx, const char *key, const char *text, cnn_layer layer[CNN_LAYERS], size_t *count)
{
    struct reader r = {.ctx = ctx, .key = key, .text = text};
    size_t n = 0;
    look_at(&r, text);
    for (;;) {
        if (n == CNN_LAYERS)
            return kith_fail(ctx, KITH_ECONFIG, "%s has more than %d layers, from character %zu on; leave some out",
                             key, CNN_LAYERS, place(&r));
        KITH_TRY(one_layer(&r, &layer[n++]));
        if (*r.word == '\0') break;
        look_at(&r, r.word + 1);
    }
    KITH_TRY(check_last(&r, layer, n));
    *count = n;
    return KITH_OK;
}

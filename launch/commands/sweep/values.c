#include "launch/commands/sweep/values.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Differences of two such numbers fit into 64 bits. */
#define MOST ((int64_t)1000000000000000000)

/* mantissa / 10^places. Binary fractions would make 0.30000000000000004 of 0.1 + 0.2. */
typedef struct decimal {
    int64_t mantissa;
    int places;
} decimal;

typedef struct parser {
    kith_ctx *ctx;
    const char *where;
    sweep_values *values;
    char divider;
    const char *called; /* the divider's name */
} parser;

static kith_status fail_memory(const parser *p)
{
    return kith_fail(p->ctx, KITH_EMEMORY, "%s: no memory for its values", p->where);
}

static kith_status add(const parser *p, const char *text)
{
    sweep_values *v = p->values;
    if (v->count == SWEEP_MOST_RUNS)
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: has more than %d values; take fewer", p->where, SWEEP_MOST_RUNS);
    char **grown = reallocarray(v->text, v->count + 1, sizeof *grown);
    if (!grown) return fail_memory(p);
    v->text = grown;
    if (!(v->text[v->count] = strdup(text))) return fail_memory(p);
    v->count++;
    return KITH_OK;
}

/* ---- ranges ---- */

static bool add_digit(decimal *d, char c, bool after_point)
{
    d->places += after_point;
    return !__builtin_mul_overflow(d->mantissa, (int64_t)10, &d->mantissa) &&
           !__builtin_add_overflow(d->mantissa, (int64_t)(c - '0'), &d->mantissa);
}

/* More places without another value. */
static bool widen(decimal *d, int places)
{
    for (; d->places < places; d->places++)
        if (__builtin_mul_overflow(d->mantissa, (int64_t)10, &d->mantissa)) return false;
    return true;
}

/* "-12.5e-3". False for what is no number, or has too many digits. */
static bool read_decimal(const char *text, decimal *out)
{
    decimal d = {0};
    const bool negative = *text == '-';
    bool point = false, digits = false;
    for (text += *text == '-' || *text == '+'; *text && strchr("0123456789.", *text); text++) {
        if (*text == '.' && point) return false;
        if (*text != '.') {
            if (!add_digit(&d, *text, point)) return false;
            digits = true;
        }
        point |= *text == '.';
    }
    long exponent = 0;
    if (digits && (*text == 'e' || *text == 'E')) {
        char *end = NULL;
        exponent = strtol(text + 1, &end, 10);
        if (end == text + 1 || exponent > 18 || exponent < -18) return false;
        text = end;
    }
    if (!digits || *text) return false;
    d.places -= (int)exponent;
    if (d.places > 18) return false;
    if (negative) d.mantissa = -d.mantissa;
    *out = d;
    return widen(out, 0);
}

/* Without the zeros at its end. */
static void write_decimal(decimal d, char *text, size_t size)
{
    while (d.places > 0 && d.mantissa % 10 == 0) {
        d.mantissa /= 10;
        d.places--;
    }
    char digits[64] = "0000000000000000000000000000000000000000";
    const uint64_t magnitude = d.mantissa < 0 ? -(uint64_t)d.mantissa : (uint64_t)d.mantissa;
    snprintf(digits + 20, sizeof digits - 20, "%020" PRIu64, magnitude);
    /* Twenty zeros and twenty digits: more than 18 places need. */
    const int end = 40 - d.places;
    int begin = 0;
    while (begin + 1 < end && digits[begin] == '0')
        begin++;
    snprintf(text, size, "%s%.*s%s%s", d.mantissa < 0 ? "-" : "", end - begin, digits + begin, d.places ? "." : "",
             digits + end);
}

static kith_status fill(const parser *p, decimal at, int64_t step, int64_t last)
{
    char text[64];
    while (at.mantissa != last) {
        at.mantissa += step; /* it stays between two numbers that there are */
        write_decimal(at, text, sizeof text);
        KITH_TRY(add(p, text));
    }
    return KITH_OK;
}

static kith_status refuse_miss(const parser *p, const char *first, decimal from, int64_t step, const char *last,
                               int64_t reach)
{
    char near[64], by[64];
    decimal at = {from.mantissa + reach / step * step, from.places};
    write_decimal(at, near, sizeof near);
    write_decimal((decimal){step, from.places}, by, sizeof by);
    return kith_fail(p->ctx, KITH_ECONFIG, "%s: a range from %s by %s misses %s; the last before it is %s", p->where,
                     first, by, last, near);
}

/* The two values so far are a range's first two, `text` its last. */
static kith_status add_range(const parser *p, const char *text)
{
    const sweep_values *v = p->values;
    const char *word[] = {v->count > 1 ? v->text[v->count - 2] : "", v->count ? v->text[v->count - 1] : "", text};
    decimal number[3];
    int places = 0;
    if (v->count < 2)
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: two values stand before .. and one behind it, as in 0, 0.1, .. , 0.9", p->where);
    for (int i = 0; i < 3; i++) {
        if (!read_decimal(word[i], &number[i]))
            return kith_fail(p->ctx, KITH_ECONFIG, "%s: a range goes over numbers of at most 18 digits, and %s is none",
                             p->where, *word[i] ? word[i] : "an empty value");
        if (number[i].places > places) places = number[i].places;
    }
    int64_t step = 0, reach = 0;
    bool fits = true;
    for (int i = 0; i < 3; i++)
        fits = fits && widen(&number[i], places) && number[i].mantissa <= MOST && number[i].mantissa >= -MOST;
    fits = fits && !__builtin_sub_overflow(number[1].mantissa, number[0].mantissa, &step) &&
           !__builtin_sub_overflow(number[2].mantissa, number[1].mantissa, &reach);
    if (!fits)
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: the numbers of a range have at most 18 digits in all", p->where);
    if (!step || !reach || (reach > 0) != (step > 0))
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: a range that begins with %s, %s never comes to %s; write its last value there", p->where,
                         word[0], word[1], text);
    if (reach / step > SWEEP_MOST_RUNS)
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: has more than %d values; take fewer", p->where, SWEEP_MOST_RUNS);
    if (reach % step) return refuse_miss(p, word[0], number[1], step, text, reach);
    return fill(p, number[1], step, number[2].mantissa);
}

/* ---- lists ---- */

/* Where the item that begins at `text` ends: at a divider outside of brackets and quotation marks, or the end. */
static const char *item_end(const char *text, char divider, bool *quoted, int *depth)
{
    for (; *text; text++) {
        if (*text == '"') *quoted = !*quoted;
        if (*quoted) continue;
        if (*text == divider && *depth == 0) break;
        *depth += strchr("([{", *text) ? 1 : strchr(")]}", *text) ? -1 : 0;
        if (*depth < 0) break;
    }
    return text;
}

/* Takes the quotation marks off; false if there is something beside them. */
static bool unquote(char *item)
{
    char *out = item;
    const char *in = item + 1;
    for (; *in; in++) {
        if (*in == '"' && *++in != '"') break;
        *out++ = *in;
    }
    const bool whole = *in == '\0';
    *out = '\0';
    return whole;
}

static kith_status add_item(const parser *p, char *item, size_t number, bool *range)
{
    const bool last_of_range = *range, quoted = *item == '"';
    *range = !quoted && (strcmp(item, "..") == 0 || strcmp(item, "...") == 0);
    if (!*item)
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: value %zu is empty; take a %s away, or write \"\" for an empty value", p->where, number,
                         p->called);
    if (*range && last_of_range)
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: .. stands twice in a row; write a value behind it", p->where);
    if (*range) return KITH_OK;
    if (quoted && !unquote(item))
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: value %zu goes on after its quotation marks; put a %s there, or all of it "
                         "between them",
                         p->where, number, p->called);
    return last_of_range ? add_range(p, item) : add(p, item);
}

static kith_status parse_item(const parser *p, const char *from, const char *to, size_t number, bool *range)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    char *item = strndup(from, (size_t)(to - from));
    if (!item) return fail_memory(p);
    const kith_status status = add_item(p, item, number, range);
    free(item);
    return status;
}

static kith_status parse(const parser *p, const char *text)
{
    bool range = false;
    if (!text[strspn(text, " \t")])
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: has no values; write some, divided by %ss", p->where, p->called);
    for (size_t number = 1;; number++) {
        bool quoted = false;
        int depth = 0;
        const char *end = item_end(text, p->divider, &quoted, &depth);
        if (quoted)
            return kith_fail(p->ctx, KITH_ECONFIG, "%s: a quotation mark of value %zu has no other; write \"...\"",
                             p->where, number);
        if (depth)
            return kith_fail(p->ctx, KITH_ECONFIG,
                             "%s: a bracket of value %zu has no other; write both, or the value between "
                             "quotation marks",
                             p->where, number);
        KITH_TRY(parse_item(p, text, end, number, &range));
        if (!*end) break;
        text = end + 1;
    }
    if (range)
        return kith_fail(p->ctx, KITH_ECONFIG, "%s: a range never ends; write its last value behind ..", p->where);
    return KITH_OK;
}

static kith_status parse_all(parser p, const char *text)
{
    *p.values = (sweep_values){0};
    const kith_status status = parse(&p, text);
    if (status != KITH_OK) sweep_values_free(p.values);
    return status;
}

kith_status sweep_values_parse(kith_ctx *ctx, const char *where, const char *text, sweep_values *out)
{
    return parse_all((parser){ctx, where, out, ',', "comma"}, text);
}

kith_status sweep_chains_parse(kith_ctx *ctx, const char *where, const char *text, sweep_values *out)
{
    return parse_all((parser){ctx, where, out, ';', "semicolon"}, text);
}

void sweep_values_free(sweep_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->text[i]);
    free(values->text);
    *values = (sweep_values){0};
}

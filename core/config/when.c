#include "config/when.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *word, *keys, *sentence;
} truths[KITH_TRUTHS] = {
#define TRUTH_ROW(name, word, keys, sentence) {word, keys, sentence},
    KITH_TRUTH_MAP(TRUTH_ROW)
#undef TRUTH_ROW
};

const char *kith_truth_keys(kith_truth fact)
{
    return truths[fact].keys;
}

static bool is_piece(const kith_piece *piece, const char *text)
{
    return strlen(text) == piece->length && !strncmp(piece->at, text, piece->length);
}

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " ");
}

static kith_piece take_word(const char **at)
{
    const kith_piece word = {*at, strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789_-")};
    *at += word.length;
    return word;
}

static bool read_fact(const char **at, kith_term *out, kith_why *why)
{
    const kith_piece word = take_word(at);
    for (out->fact = 0; out->fact < KITH_TRUTHS; out->fact++)
        if (is_piece(&word, truths[out->fact].word)) return true;
    return kith_because(why, "@%.*s is no fact that is known", (int)word.length, word.at);
}

/* Up to & or ||, without the blanks before it. */
static bool read_values(const char **at, kith_term *out, kith_why *why)
{
    const char *from = *at, *end = *at;
    while (**at && **at != '&' && strncmp(*at, "||", 2) != 0) {
        if (**at != ' ') end = *at + 1;
        (*at)++;
    }
    out->values = (kith_piece){from, (size_t)(end - from)};
    return out->values.length || kith_because(why, "nothing follows '%.*s'", (int)out->key.length, out->key.at);
}

static bool read_comparison(const char **at, kith_term *out, kith_why *why)
{
    out->key = take_word(at);
    if (**at == '.') {
        (*at)++;
        out->section = out->key;
        out->key = take_word(at);
    }
    skip_blanks(at);
    if (!out->key.length) return kith_because(why, "a key or @fact is missing before '%.20s'", *at);
    if (**at == '=')
        out->op = KITH_WHEN_IS;
    else if (**at == '>')
        out->op = KITH_WHEN_ABOVE;
    else if (!strncmp(*at, "!=", 2))
        out->op = KITH_WHEN_IS_NOT;
    else
        return kith_because(why, "=, != or > is missing after '%.*s'", (int)out->key.length, out->key.at);
    *at += out->op == KITH_WHEN_IS_NOT ? 2 : 1;
    skip_blanks(at);
    return read_values(at, out, why);
}

bool kith_when_next(const char **text, kith_term *out, kith_why *why)
{
    *out = (kith_term){.alternative = !strncmp(*text, "||", 2)};
    why->text[0] = '\0';
    *text += out->alternative ? 2 : **text == '&';
    skip_blanks(text);
    if (!**text) return false;
    out->negated = !strncmp(*text, "!@", 2);
    *text += out->negated;
    if (**text == '@') {
        (*text)++;
        if (!read_fact(text, out, why)) return false;
    } else if (!read_comparison(text, out, why)) {
        return false;
    }
    skip_blanks(text);
    if (!**text || **text == '&' || !strncmp(*text, "||", 2)) return true;
    return kith_because(why, "& or || is missing before '%.20s'", *text);
}

bool kith_when_value(kith_piece *values, kith_piece *out)
{
    if (!values->at) return false;
    const char *end = values->at + values->length, *bar = memchr(values->at, '|', values->length);
    *out = (kith_piece){values->at, (size_t)((bar ? bar : end) - values->at)};
    if (is_piece(out, "''")) out->length = 0;
    *values = bar ? (kith_piece){bar + 1, (size_t)(end - bar - 1)} : (kith_piece){0};
    return true;
}

/* NaN where a text is no number. */
static double number_of(const char *text, size_t length)
{
    char copy[64];
    const char *end = copy;
    if (length == 0 || length >= sizeof copy) return NAN;
    memcpy(copy, text, length);
    copy[length] = '\0';
    const double value = kith_number(copy, &end);
    return *end ? NAN : value;
}

bool kith_when_same(const kith_piece *value, const char *text)
{
    return is_piece(value, text) || number_of(value->at, value->length) == number_of(text, strlen(text));
}

bool kith_when_above(const char *text, const kith_piece *value)
{
    return number_of(text, strlen(text)) > number_of(value->at, value->length);
}

static const kith_param *row_of(const kith_param *params, size_t count, const kith_piece *key)
{
    for (size_t i = 0; i < count; i++)
        if (is_piece(key, params[i].key)) return &params[i];
    return NULL;
}

/* The words of a choice must be among its own; other texts are what the row can read. */
static bool check_values(const kith_param *row, const kith_term *term, kith_why *why)
{
    kith_piece values = term->values, value;
    while (kith_when_value(&values, &value)) {
        char text[128];
        kith_value read;
        kith_why detail;
        snprintf(text, sizeof text, "%.*s", (int)value.length, value.at);
        if (!kith_value_read(row, text, &read, &detail))
            return kith_because(why, "%s has no value '%s'", row->key, text);
    }
    return true;
}

bool kith_when_check(const char *when, const kith_param *params, size_t count, bool foreign, kith_why *why)
{
    kith_term term;
    bool any = false;
    while (kith_when_next(&when, &term, why)) {
        any = true;
        if (term.op == KITH_WHEN_FACT || (term.section.length && foreign)) continue;
        if (term.section.length)
            return kith_because(why, "%.*s.%.*s is no key of this table", (int)term.section.length, term.section.at,
                                (int)term.key.length, term.key.at);
        const kith_param *row = row_of(params, count, &term.key);
        if (!row) return kith_because(why, "there is no key '%.*s'", (int)term.key.length, term.key.at);
        if (!check_values(row, &term, why)) return false;
    }
    if (why->text[0]) return false;
    return any || kith_because(why, "it is empty; write 0 where a row always counts");
}

bool kith_when_holds(const char *when, kith_truths t)
{
    kith_term term;
    kith_why why;
    bool all = true;
    if (!when) return true;
    while (kith_when_next(&when, &term, &why)) {
        const uint32_t bit = UINT32_C(1) << term.fact;
        if (term.alternative && all) return true;
        if (term.alternative) all = true;
        all &= !(t.known & bit) || ((t.holds & bit) != 0) != term.negated;
    }
    return all;
}

static void print_values(kith_piece values, bool either, FILE *out)
{
    kith_piece value;
    for (bool first = true; kith_when_value(&values, &value); first = false)
        fprintf(out, "%s%.*s",
                first    ? ""
                : either ? " or "
                         : " nor ",
                value.length ? (int)value.length : 5, value.length ? value.at : "empty");
}

void kith_when_print(const char *when, FILE *out)
{
    static const char *const verbs[] = {
        [KITH_WHEN_IS] = "is ", [KITH_WHEN_IS_NOT] = "is not ", [KITH_WHEN_ABOVE] = "is above "};
    kith_term term;
    kith_why why;
    for (bool first = true; kith_when_next(&when, &term, &why); first = false) {
        fputs(first ? "" : term.alternative ? ", or " : " and ", out);
        if (term.op == KITH_WHEN_FACT) {
            fprintf(out, "%s%s", term.negated ? "it is not so that " : "", truths[term.fact].sentence);
            continue;
        }
        if (term.section.length) fprintf(out, "%.*s.", (int)term.section.length, term.section.at);
        fprintf(out, "%.*s %s", (int)term.key.length, term.key.at, verbs[term.op]);
        print_values(term.values, term.op != KITH_WHEN_IS_NOT, out);
    }
}

#include "config/value.h"

#include "config/config.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_SIZE = 256 }; /* of a number within a list */

typedef enum outcome { GOOD, NO_NUMBER, TOO_LARGE, TOO_SMALL } outcome;

typedef struct interval {
    double low, high;
    bool low_open, high_open;
} interval;

typedef struct range {
    int64_t least, most;
    bool has_least, has_most;
} range;

typedef struct choices {
    char text[1024];
    const char *name[KITH_CHOICES];
    size_t count;
} choices;

/* A value below the normal range would be flushed to zero by the workers' arithmetic, so it is refused here. */
static outcome read_real(const char *text, double *out)
{
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    if (strcmp(unsigned_text, "inf") == 0) {
        *out = *text == '-' ? -INFINITY : INFINITY;
        return GOOD;
    }
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return NO_NUMBER;
    const char *end = NULL;
    errno = 0;
    const double value = kith_number(text, &end);
    if (end == text || *end) return NO_NUMBER;
    if (isinf(value)) return TOO_LARGE;
    if (errno == ERANGE) return TOO_SMALL;
    *out = value;
    return GOOD;
}

/* Multiplies or divides by powers of ten without ever rounding. */
static outcome scale(int64_t *value, long power)
{
    if (*value == 0) return GOOD;
    for (; power > 0; power--)
        if (__builtin_mul_overflow(*value, (int64_t)10, value)) return TOO_LARGE;
    for (; power < 0; power++) {
        if (*value % 10) return NO_NUMBER;
        *value /= 10;
    }
    return GOOD;
}

/* Digits with at most one point among them, as a negative number (there is one more of those) and a power of ten. */
static outcome read_digits(const char **text, int64_t *value, long *power)
{
    bool point = false, overflow = false;
    size_t digits = 0;
    for (; (**text >= '0' && **text <= '9') || (**text == '.' && !point); (*text)++) {
        if (**text == '.') {
            point = true;
            continue;
        }
        digits++;
        *power -= point;
        overflow |= __builtin_mul_overflow(*value, (int64_t)10, value) ||
                    __builtin_sub_overflow(*value, (int64_t)(**text - '0'), value);
    }
    return !digits ? NO_NUMBER : overflow ? TOO_LARGE : GOOD;
}

/* Exact where a detour over double would round: "1e6", "2.5e3" and 19 digits are whole numbers, "0.5" is none. */
static outcome read_whole(const char *text, int64_t *out)
{
    const bool negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    int64_t value = 0;
    long power = 0;
    const outcome digits = read_digits(&text, &value, &power);
    if (digits == NO_NUMBER) return NO_NUMBER;
    if (*text == 'e' || *text == 'E') {
        text++;
        const char first = text[*text == '-' || *text == '+'];
        if (first < '0' || first > '9') return NO_NUMBER;
        char *end = NULL;
        const long exponent = strtol(text, &end, 10);
        power += exponent > 9999 ? 9999 : exponent < -9999 ? -9999 : exponent;
        text = end;
    }
    if (*text) return NO_NUMBER;
    if (digits != GOOD) return digits;
    const outcome scaled = scale(&value, power);
    if (scaled != GOOD) return scaled;
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return TOO_LARGE;
    *out = value;
    return GOOD;
}

/* Copies [from, to) without blanks at its ends; false when it is too long to be a number. */
static bool cut(const char *from, const char *to, char *out, size_t size)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    const size_t length = (size_t)(to - from);
    if (length >= size) return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

static bool read_interval(const char *domain, interval *out)
{
    const size_t length = strlen(domain);
    const char *comma = strchr(domain, ',');
    char low[64], high[64];
    if (length < 5 || !comma || !strchr("([", domain[0]) || !strchr(")]", domain[length - 1])) return false;
    if (!cut(domain + 1, comma, low, sizeof low) || !cut(comma + 1, domain + length - 1, high, sizeof high))
        return false;
    *out = (interval){.low_open = domain[0] == '(', .high_open = domain[length - 1] == ')'};
    if (read_real(low, &out->low) != GOOD || read_real(high, &out->high) != GOOD) return false;
    return out->low < out->high || (out->low == out->high && !out->low_open && !out->high_open);
}

static bool read_range(const char *domain, range *out)
{
    const char *dots = strstr(domain, "..");
    char least[64], most[64];
    if (!dots || !cut(domain, dots, least, sizeof least) || !cut(dots + 2, dots + strlen(dots), most, sizeof most))
        return false;
    *out = (range){.least = INT64_MIN, .most = INT64_MAX, .has_least = *least, .has_most = *most};
    if (*least && read_whole(least, &out->least) != GOOD) return false;
    if (*most && read_whole(most, &out->most) != GOOD) return false;
    return (*least || *most) && out->least <= out->most;
}

static bool read_choices(const char *domain, choices *out)
{
    out->count = 0;
    if (strlen(domain) >= sizeof out->text) return false;
    memcpy(out->text, domain, strlen(domain) + 1);
    char *rest = out->text;
    while (rest) {
        char *name = strsep(&rest, "|");
        if (!*name || name[strcspn(name, " \t,;#=")] || out->count == KITH_CHOICES) return false;
        for (size_t i = 0; i < out->count; i++)
            if (strcmp(out->name[i], name) == 0) return false;
        out->name[out->count++] = name;
    }
    return true;
}

bool kith_domain_check(const kith_param *row, kith_why *why)
{
    interval real;
    range whole;
    choices names;
    switch ((kith_type)row->type) {
    case KITH_TYPE_INT:
        if (!*row->domain || read_range(row->domain, &whole)) return true;
        return kith_because(why, "write it as in 1.. or 0..9");
    case KITH_TYPE_REAL:
    case KITH_TYPE_REALS:
        if (!*row->domain || read_interval(row->domain, &real)) return true;
        return kith_because(why, "write it as in (0,1] or [0,inf)");
    case KITH_TYPE_CHOICE:
        if (read_choices(row->domain, &names)) return true;
        return kith_because(why, "write different words as in iid|shards|label-k");
    case KITH_TYPE_BOOL:
    case KITH_TYPE_STRING:
    case KITH_TYPE_PATH:
        break;
    }
    return !*row->domain || kith_because(why, "leave it empty for a %s", kith_type_name(row->type));
}

static bool no_domain(const kith_param *row, kith_why *why)
{
    return kith_because(why, "cannot be checked: the domain '%s' in its row is malformed", row->domain);
}

static bool read_int(const kith_param *row, const char *text, int64_t *out, kith_why *why)
{
    range limit = {.least = INT64_MIN, .most = INT64_MAX};
    if (*row->domain && !read_range(row->domain, &limit)) return no_domain(row, why);
    switch (read_whole(text, out)) {
    case NO_NUMBER:
    case TOO_SMALL:
        return kith_because(why, "is no whole number; write one such as 12 or 1e6");
    case TOO_LARGE:
        return kith_because(why, "is out of range: it must fit into 64 bits");
    case GOOD:
        break;
    }
    if (*out >= limit.least && *out <= limit.most) return true;
    if (!limit.has_most) return kith_because(why, "is out of range: it must be at least %lld", (long long)limit.least);
    if (!limit.has_least) return kith_because(why, "is out of range: it must be at most %lld", (long long)limit.most);
    return kith_because(why, "is out of range: it must be from %lld to %lld", (long long)limit.least,
                        (long long)limit.most);
}

/* An infinite value passes only where the domain has it as a closed end. */
static bool inside(const interval *limit, double x)
{
    const bool above = limit->low_open ? x > limit->low : x >= limit->low;
    return above && (limit->high_open ? x < limit->high : x <= limit->high);
}

static bool read_number(const kith_param *row, const char *text, double *out, kith_why *why)
{
    interval limit = {.low = -INFINITY, .high = INFINITY, .low_open = true, .high_open = true};
    if (*row->domain && !read_interval(row->domain, &limit)) return no_domain(row, why);
    switch (read_real(text, out)) {
    case NO_NUMBER:
        return kith_because(why, "is no number; write one such as 0.5 or 1e-3");
    case TOO_LARGE:
        return kith_because(why, "is out of range: it is too large for a double");
    case TOO_SMALL:
        return kith_because(why, "is out of range: it is too close to 0 for a double; write 0 or a larger one");
    case GOOD:
        break;
    }
    if (inside(&limit, *out)) return true;
    return kith_because(why, "is out of range: it must be in %s", *row->domain ? row->domain : "(-inf,inf)");
}

static bool read_truth(const char *text, bool *out, kith_why *why)
{
    static const char *const word[] = {"no", "yes", "false", "true", "off", "on"};
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
        if (strcmp(text, word[i]) != 0) continue;
        *out = i % 2;
        return true;
    }
    return kith_because(why, "is neither yes nor no; write one of yes, no, true, false, on, off");
}

static bool read_choice(const kith_param *row, const char *text, int *out, kith_why *why)
{
    choices known;
    if (!read_choices(row->domain, &known)) return no_domain(row, why);
    for (size_t i = 0; i < known.count; i++) {
        if (strcmp(text, known.name[i]) != 0) continue;
        *out = (int)i;
        return true;
    }
    const char *near = kith_nearest(text, known.name, known.count);
    if (near) return kith_because(why, "is none of %s; did you mean %s?", row->domain, near);
    return kith_because(why, "is none of %s", row->domain);
}

/* The text of a list's next item; where it ends. *fits: whether there was room for it. */
static const char *next_item(const char *text, char item[ITEM_SIZE], bool *fits)
{
    const char *end = text + strcspn(text, ",");
    *fits = cut(text, end, item, ITEM_SIZE);
    return end;
}

static bool read_reals(const kith_param *row, const char *text, kith_value *value, kith_why *why)
{
    char item[ITEM_SIZE];
    bool fits = false;
    value->count = 0;
    for (const char *end = text; *text; text = end + 1) {
        const size_t number = value->count + 1;
        double ignored = 0.0;
        kith_why detail;
        end = next_item(text, item, &fits);
        if (!fits)
            return kith_because(why,
                                "has an item %zu of more than %d bytes, which no number needs; write numbers with "
                                "commas between them",
                                number, ITEM_SIZE - 1);
        if (!*item)
            return kith_because(why, "has nothing as item %zu; write numbers with single commas between them", number);
        if (!read_number(row, item, &ignored, &detail))
            return kith_because(why, "has an item %zu that does not fit: %s %s", number, item, detail.text);
        value->count++;
        if (!*end) break;
        if (!end[1])
            return kith_because(why, "has nothing as item %zu; write numbers with single commas between them",
                                number + 1);
    }
    return true;
}

bool kith_path_at_home(const char *text)
{
    return text[0] == '~' && (text[1] == '\0' || text[1] == '/');
}

bool kith_path_check(const char *text, kith_why *why)
{
    if (*text != '~') return true;
    if (!kith_path_at_home(text))
        return kith_because(why, "begins with ~ and a name; only ~/ is known, your own home folder: write another one "
                                 "in full, or ./~... for a file of that name");
    const char *home = getenv("HOME");
    if (home && *home) return true;
    return kith_because(why, "begins with ~, the home folder, but HOME is not set; set it, or write the path in full");
}

void kith_value_items(const char *text, size_t count, double *items)
{
    char item[ITEM_SIZE];
    bool fits = false;
    for (size_t i = 0; i < count; i++) {
        const char *end = next_item(text, item, &fits);
        /* it was read before */
        (void)!read_real(item, &items[i]);
        text = end + (*end == ',');
    }
}

static bool read_path(const char *text, kith_why *why)
{
    if (!kith_path_check(text, why)) return false;
    static const char known[] = "${KITH_DATA}";
    for (const char *at = strstr(text, "${"); at; at = strstr(at + 1, "${"))
        if (strncmp(at, known, sizeof known - 1) != 0)
            return kith_because(why, "has a variable that is not known; only %s is replaced", known);
    return true;
}

bool kith_value_read(const kith_param *row, const char *text, kith_value *value, kith_why *why)
{
    switch ((kith_type)row->type) {
    case KITH_TYPE_INT:
        return read_int(row, text, &value->integer, why);
    case KITH_TYPE_REAL:
        return read_number(row, text, &value->real, why);
    case KITH_TYPE_BOOL:
        return read_truth(text, &value->truth, why);
    case KITH_TYPE_CHOICE:
        return read_choice(row, text, &value->choice, why);
    case KITH_TYPE_STRING:
        return true;
    case KITH_TYPE_PATH:
        return read_path(text, why);
    case KITH_TYPE_REALS:
        return read_reals(row, text, value, why);
    }
    return kith_because(why, "cannot be read: the type %u in its row is not known", row->type);
}

size_t kith_type_size(uint32_t type)
{
    switch ((kith_type)type) {
    case KITH_TYPE_INT:
        return sizeof(int64_t);
    case KITH_TYPE_REAL:
        return sizeof(double);
    case KITH_TYPE_BOOL:
        return sizeof(bool);
    case KITH_TYPE_CHOICE:
        return sizeof(int);
    case KITH_TYPE_STRING:
    case KITH_TYPE_PATH:
        return sizeof(const char *);
    case KITH_TYPE_REALS:
        return sizeof(kith_reals);
    }
    return 0;
}

const char *kith_type_name(uint32_t type)
{
    switch ((kith_type)type) {
    case KITH_TYPE_INT:
        return "whole number";
    case KITH_TYPE_REAL:
        return "number";
    case KITH_TYPE_BOOL:
        return "boolean";
    case KITH_TYPE_CHOICE:
        return "choice";
    case KITH_TYPE_STRING:
        return "string";
    case KITH_TYPE_PATH:
        return "path";
    case KITH_TYPE_REALS:
        return "list of numbers";
    }
    return "unknown type";
}

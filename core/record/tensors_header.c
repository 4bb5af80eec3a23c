/* The header of a safetensors file: the JSON that the format allows there, and no other. The bytes may be anybody's. */
#include "record/tensors_inside.h"

#include <ctype.h>
#include <string.h>

static void pass_blanks(kith_header_cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

/* A sign of JSON's, with blanks around. */
static bool take(kith_header_cursor *c, char sign)
{
    pass_blanks(c);
    if (c->at == c->end || *c->at != sign) return false;
    c->at++;
    pass_blanks(c);
    return true;
}

/* After \u: four digits. */
static bool read_code(kith_header_cursor *c, int *out)
{
    int code = 0;
    for (int i = 0; i < 4; i++, c->at++) {
        if (c->at == c->end || !isxdigit((unsigned char)*c->at)) return false;
        const int digit = tolower((unsigned char)*c->at);
        code = 16 * code + (isdigit(digit) ? digit - '0' : digit - 'a' + 10);
    }
    *out = code;
    return true;
}

/* After a backslash. */
static bool read_escape(kith_header_cursor *c, int *out)
{
    static const char plain[] = "\"\\/", blank[] = "bfnrt";
    if (c->at == c->end) return false;
    const char sign = *c->at++;
    if (sign == 'u') return read_code(c, out);
    *out = sign && strchr(plain, sign) ? sign : '?';
    return sign && (strchr(plain, sign) || strchr(blank, sign));
}

static bool read_text(kith_header_cursor *c, char *out, size_t size)
{
    size_t length = 0;
    if (c->at == c->end || *c->at++ != '"') return false;
    while (c->at < c->end && *c->at != '"') {
        int sign = (unsigned char)*c->at++;
        if (sign < ' ' || (sign == '\\' && !read_escape(c, &sign))) return false;
        if (length + 1 < size) out[length++] = sign < ' ' || sign > '~' ? '?' : (char)sign;
    }
    out[length] = '\0';
    return c->at < c->end && *c->at++ == '"';
}

/* Digits without a leading zero. */
static bool read_count(kith_header_cursor *c, size_t *out)
{
    const char *first = c->at;
    size_t value = 0;
    for (; c->at < c->end && isdigit((unsigned char)*c->at); c->at++)
        if (__builtin_mul_overflow(value, (size_t)10, &value) ||
            __builtin_add_overflow(value, (size_t)(*c->at - '0'), &value))
            return false;
    *out = value;
    return c->at > first && (*first != '0' || c->at == first + 1);
}

/* [n, n, ...]: keeps the first `most`, counts all. */
static bool read_counts(kith_header_cursor *c, size_t most, size_t *out, size_t *count)
{
    *count = 0;
    if (!take(c, '[')) return false;
    if (take(c, ']')) return true;
    do {
        size_t value = 0;
        if (!read_count(c, &value)) return false;
        if (*count < most) out[*count] = value;
        ++*count;
    } while (take(c, ','));
    return take(c, ']');
}

static bool read_field(kith_header_cursor *c, kith_tensor *out, unsigned *seen)
{
    char key[KITH_TENSOR_TYPE];
    size_t offset[2] = {0}, offsets = 0;
    unsigned field = 0;
    bool good = read_text(c, key, sizeof key) && take(c, ':');
    if (good && !strcmp(key, "dtype")) {
        field = 1;
        good = read_text(c, out->type, sizeof out->type);
    } else if (good && !strcmp(key, "shape")) {
        field = 2;
        good = read_counts(c, KITH_BLOCK_RANK, out->shape, &out->rank);
    } else if (good && !strcmp(key, "data_offsets")) {
        field = 4;
        good = read_counts(c, 2, offset, &offsets) && offsets == 2 && offset[0] <= offset[1];
        out->begin = offset[0];
        out->end = offset[1];
    }
    good = good && field && !(*seen & field);
    *seen |= field;
    return good;
}

static bool read_tensor(kith_header_cursor *c, kith_tensor *out)
{
    unsigned seen = 0;
    if (!take(c, '{')) return false;
    do {
        if (!read_field(c, out, &seen)) return false;
    } while (take(c, ','));
    return seen == 7 && take(c, '}');
}

/* An object of texts. */
static bool pass_metadata(kith_header_cursor *c)
{
    char text[KITH_TENSOR_TYPE];
    if (!take(c, '{')) return false;
    if (take(c, '}')) return true;
    do {
        if (!read_text(c, text, sizeof text) || !take(c, ':') || !read_text(c, text, sizeof text)) return false;
    } while (take(c, ','));
    return take(c, '}');
}

static bool ended(kith_header_cursor *c)
{
    return take(c, '}') && c->at == c->end;
}

kith_header_item kith_header_next(kith_header_cursor *c, kith_tensor *out)
{
    for (;;) {
        *out = (kith_tensor){.rank = 0};
        if (c->seen == 0 && !take(c, '{')) return KITH_HEADER_DAMAGED;
        if (c->at < c->end && *c->at == '}' && c->seen == 0) return ended(c) ? KITH_HEADER_END : KITH_HEADER_DAMAGED;
        if (c->seen && !take(c, ',')) return ended(c) ? KITH_HEADER_END : KITH_HEADER_DAMAGED;
        c->seen++;
        if (!read_text(c, out->name, sizeof out->name) || !take(c, ':')) return KITH_HEADER_DAMAGED;
        if (strcmp(out->name, "__metadata__") != 0)
            return read_tensor(c, out) ? KITH_HEADER_TENSOR : KITH_HEADER_DAMAGED;
        if (!pass_metadata(c)) return KITH_HEADER_DAMAGED;
    }
}

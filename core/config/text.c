#include "config/value.h"

#include "base/shorten.h"
#include <string.h>

bool kith_because(kith_why *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    kith_shorten_format(why->text, sizeof why->text, format, args);
    va_end(args);
    return false;
}

/* The length of the UTF-8 sequence at p (Unicode 15, table 3-7), 0 where there is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80) return 1;
    const size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < length) return 0;
    const unsigned char least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < least || p[1] > most) return 0;
    for (size_t i = 2; i < length; i++)
        if (p[i] < 0x80 || p[i] > 0xbf) return 0;
    return length;
}

bool kith_text_check(const char *text, size_t length, kith_why *why)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        const size_t step = sequence(p + i, length - i);
        const bool control = (p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f;
        if (step == 0 || control) return kith_because(why, "byte 0x%02X in column %zu is no text", p[i], i + 1);
        i += step;
    }
    return true;
}

bool kith_name_check(const char *name, char also)
{
    const size_t length = strlen(name);
    if (length == 0 || length > KITH_KEY_BYTES) return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == also)) return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool kith_value_survives(const char *text, kith_why *why)
{
    if (*text && (is_blank(*text) || is_blank(text[strlen(text) - 1])))
        return kith_because(why, "has a blank at its start or end; take it away");
    for (const char *c = text; *c; c++) {
        if ((*c != ';' && *c != '#') || (c > text && !is_blank(c[-1]))) continue;
        if (*c == '#') return kith_because(why, "has a # after a blank; a comment behind a value starts with ;");
        return kith_because(why, "has a ; after a blank, which starts a comment; take one of the two away");
    }
    return true;
}

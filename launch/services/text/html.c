#include "launch/services/text/html.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

size_t kith_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    const size_t length = s[0] < 0x80                   ? 1
                          : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                          : (s[0] & 0xf0) == 0xe0       ? 3
                          : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                        : 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
    if (s[0] == 0xed && s[1] >= 0xa0) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    if (s[0] == 0xf4 && s[1] >= 0x90) return 0;
    return length;
}

static const char *entity(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return c < 0x20 && c != '\n' && c != '\t' ? "&#xFFFD;" : c == 0x7f ? "&#xFFFD;" : NULL;
    }
}

void kith_html_text(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        const size_t length = kith_utf8_length((const char *)s);
        const char *replaced = length ? entity(*s) : "&#xFFFD;";
        if (replaced)
            fputs(replaced, out);
        else
            fwrite(s, 1, length, out);
        s += length ? length : 1;
    }
}

void kith_html_number(FILE *out, const char *format, double value)
{
    char text[64];
    if (isnan(value)) {
        fputs("–", out);
        return;
    }
    snprintf(text, sizeof text, format, value);
    fputs(text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1) ? text + 1 : text, out);
}

static kith_unit choose(const kith_unit *unit, size_t count, double most)
{
    size_t i = 0;
    while (i + 1 < count && most * unit[i + 1].scale >= 1.0)
        i++;
    return unit[i];
}

kith_unit kith_bytes_unit(double most)
{
    static const kith_unit units[] = {{"B", 1}, {"kB", 1e-3}, {"MB", 1e-6}, {"GB", 1e-9}, {"TB", 1e-12}, {"PB", 1e-15}};
    return choose(units, sizeof units / sizeof units[0], most);
}

/* A change of unit at 2, not at 1: "90 s" is easier than "1.5 min". */
kith_unit kith_seconds_unit(double most)
{
    static const kith_unit units[] = {{"s", 1}, {"min", 1.0 / 60}, {"h", 1.0 / 3600}, {"d", 1.0 / 86400}};
    return choose(units, sizeof units / sizeof units[0], most / 2);
}

static void write_in(FILE *out, double value, kith_unit unit)
{
    /* four digits, also where the last are zeros, so that numbers below each other are alike */
    const double scaled = value * unit.scale, size = fabs(scaled);
    const bool counted = unit.scale == 1.0 && scaled == floor(scaled);
    const int decimals = counted || size >= 999.95 ? 0 : size >= 99.995 ? 1 : size >= 9.9995 ? 2 : 3;
    if (isnan(value))
        fputs("–", out);
    else if (size > 0.0 && size < 0.99995)
        fprintf(out, "%#.4g %s", scaled, unit.name);
    else
        fprintf(out, "%.*f %s", decimals, scaled, unit.name);
}

void kith_html_bytes(FILE *out, double bytes)
{
    write_in(out, bytes, kith_bytes_unit(bytes));
}

void kith_html_seconds(FILE *out, double seconds)
{
    write_in(out, seconds, kith_seconds_unit(seconds));
}

#include "base/shorten.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool inside_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void kith_shorten(const char *text, char *out, size_t size)
{
    static const char gap[] = " ... ";
    const size_t length = strlen(text);
    if (length < size) {
        memcpy(out, text, length + 1);
        return;
    }
    const size_t left = size - sizeof gap;
    size_t head = left - left / 3, from = length - left / 3;
    while (head && inside_character(text[head]))
        head--;
    while (inside_character(text[from]))
        from++;
    memcpy(out, text, head);
    memcpy(out + head, gap, sizeof gap - 1);
    memcpy(out + head + sizeof gap - 1, text + from, length - from + 1);
}

void kith_shorten_format(char *out, size_t size, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int length = vsnprintf(out, size, format, args);
    char *whole = NULL;
    if (length >= 0 && (size_t)length >= size && vasprintf(&whole, format, again) >= 0) {
        kith_shorten(whole, out, size);
        free(whole);
    }
    va_end(again);
}

void kith_shorten_print(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    kith_shorten_format(out, size, format, args);
    va_end(args);
}

const char *kith_quote(const char *text, kith_quoted *room)
{
    if (strlen(text) < sizeof room->text) return text;
    kith_shorten(text, room->text, sizeof room->text);
    return room->text;
}

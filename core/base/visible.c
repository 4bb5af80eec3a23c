#include "base/visible.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the UTF-8 character at `at` has; 0: it is none (RFC 3629, section 4). */
static size_t character(const unsigned char *at)
{
    const unsigned char c = at[0];
    if (c < 0x80) return 1;
    if (c < 0xc2 || c > 0xf4) return 0;
    const size_t length = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    const unsigned char least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < least || at[1] > most) return 0;
    for (size_t k = 2; k < length; k++)
        if ((at[k] & 0xc0) != 0x80) return 0;
    return length;
}

static bool shows(const unsigned char *at, size_t length)
{
    if (length == 1) return *at >= ' ' && *at != 0x7f;
    if (length == 2) return at[0] != 0xc2 || at[1] >= 0xa0;
    return length != 3 || memcmp(at, "\xEF\xBB\xBF", 3) != 0;
}

static size_t escape(unsigned char byte, char *out)
{
    static const char names[][2] = {{'\t', 't'}, {'\n', 'n'}, {'\r', 'r'}};
    static const char digits[] = "0123456789ABCDEF";
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (byte == (unsigned char)names[k][0]) {
            out[0] = '\\';
            out[1] = names[k][1];
            return 2;
        }
    const char all[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    memcpy(out, all, sizeof all);
    return sizeof all;
}

size_t kith_visible(const char *text, char *out, size_t size)
{
    size_t length = 0, used = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        char piece[16];
        const size_t bytes = character(at), step = bytes ? bytes : 1;
        size_t written = 0;
        if (bytes && shows(at, bytes)) {
            memcpy(piece, at, bytes);
            written = bytes;
        } else {
            for (size_t k = 0; k < step; k++)
                written += escape(at[k], piece + written);
        }
        if (used == length && used + written < size) {
            memcpy(out + used, piece, written);
            used += written;
        }
        length += written;
        at += step;
    }
    if (size) out[used] = '\0';
    return length;
}

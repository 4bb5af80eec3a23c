/* Texts that are too long for their place: they lose their middle, and " ... " stands there, so that nobody takes what
 * is left for the whole.
 *
 * A message begins with its place and ends with its remedy; what is long in it is a value, which stands between.
 * Ownership: nothing is kept. Threads: any. No call fails; without memory a text loses its end instead.
 */
#ifndef KITH_SHORTEN_H
#define KITH_SHORTEN_H

#include <kith/base.h>
#include <stdarg.h>

/* Copies a text of which `size` bytes, at least 16, are room; no UTF-8 character is cut. */
void kith_shorten(const char *text, char *out, size_t size);
/* The same with a text that is formatted first. */
void kith_shorten_format(char *out, size_t size, const char *format, va_list args);
void kith_shorten_print(char *out, size_t size, const char *format, ...) KITH_PRINTF(3, 4);

/* Room for a value that is quoted in a message. */
typedef struct kith_quoted {
    char text[256];
} kith_quoted;
/* The text itself where it is short, else `room`. */
const char *kith_quote(const char *text, kith_quoted *room);

#endif

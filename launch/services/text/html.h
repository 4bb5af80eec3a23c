/* Text and numbers in HTML. Write errors stay in the stream, for its owner to find when he closes it. Threads: one. */
#ifndef KITH_HTML_H
#define KITH_HTML_H

#include <stddef.h>
#include <stdio.h>

/* Escapes &, <, >, quotes, and what no HTML text may hold: control characters and bytes that are no UTF-8. */
void kith_html_text(FILE *out, const char *text);

/* How many bytes the UTF-8 character at `text` has; 0 for what is none (overlong forms and surrogates included). */
size_t kith_utf8_length(const char *text);

/* A number in a format like "%.4g", without the sign of what is rounded to 0; a dash for NaN. */
void kith_html_number(FILE *out, const char *format, double value) __attribute__((format(printf, 2, 0)));
/* "1.25 GB"; "1.5 h"; "-" for NaN. The units go by 1000 and by s, min, h, d. */
void kith_html_bytes(FILE *out, double bytes);
void kith_html_seconds(FILE *out, double seconds);

/* The unit in which numbers up to `most` are easily read, and what to multiply with to get there. */
typedef struct kith_unit {
    const char *name;
    double scale;
} kith_unit;
kith_unit kith_bytes_unit(double most);
kith_unit kith_seconds_unit(double most);

#endif

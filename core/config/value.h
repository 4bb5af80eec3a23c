/* Values as text: what a parameter row accepts, and what is wrong with a text that it does not.
 *
 * Ownership: nothing is allocated; results are plain values. Threads: any.
 * Errors: false, with *why worded to follow "section.key = text ".
 */
#ifndef KITH_VALUE_H
#define KITH_VALUE_H

#include <kith/plugin.h>
#include <stdbool.h>

enum {
    KITH_KEY_BYTES = 49, /* of a section's or a key's name; "section.key" names an axis of a sweep */
    KITH_CHOICES = 64,
};

typedef struct kith_why {
    char text[640];
} kith_why;

/* Words what is wrong; false, so that it can be returned. */
bool kith_because(kith_why *why, const char *format, ...) KITH_PRINTF(2, 3);

/* What a text means to a row; which member counts depends on the row's type. Strings and paths have none. */
typedef struct kith_value {
    int64_t integer;
    double real;
    bool truth;
    int choice;
    size_t count; /* of a list, whose items kith_value_items() gives */
} kith_value;

bool kith_value_read(const kith_param *row, const char *text, kith_value *value, kith_why *why);
/* The items (value.count) of a list that kith_value_read() took. */
void kith_value_items(const char *text, size_t count, double *items);

/* The size and alignment of what lies at a row's offset; 0 for an unknown type. */
size_t kith_type_size(uint32_t type);
const char *kith_type_name(uint32_t type);
/* Whether a row's domain can be read; *why says what it should look like. */
bool kith_domain_check(const kith_param *row, kith_why *why);

/* Whether a path begins in the home folder: it is "~", or begins with "~/". */
bool kith_path_at_home(const char *text);
/* Whether a path's beginning can be followed: "~" needs $HOME, and "~name" is nobody's. */
bool kith_path_check(const char *text, kith_why *why);

/* Whether "key = text" survives being written to a file and read again: no comment mark swallows a part of the text,
 * and no blanks are lost. */
bool kith_value_survives(const char *text, kith_why *why);
/* Whether bytes are one line of UTF-8 text. *why names the byte and its column. */
bool kith_text_check(const char *text, size_t length, kith_why *why);
/* Lower-case letters, digits and `also`; 1 .. KITH_KEY_BYTES of them. */
bool kith_name_check(const char *name, char also);

#endif

/* Text put together in a handler of signals, where snprintf() may not be called.
 *
 * Each adds to text[used], which holds `size` bytes with its final zero, and returns how much is used then; what has no
 * room is cut. Threads: any. Errors: none.
 */
#ifndef KITH_BASE_PLAIN_H
#define KITH_BASE_PLAIN_H

#include <stddef.h>
#include <stdint.h>

size_t kith_plain_add(char *text, size_t size, size_t used, const char *word);
size_t kith_plain_add_number(char *text, size_t size, size_t used, uint64_t number);

#endif

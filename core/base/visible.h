/* Texts as a terminal may show them: what cannot be seen is written as it would be in C.
 *
 * Messages quote files that anybody wrote. A control character among them could move the cursor or set colours, and
 * a byte order mark looks like nothing. Ownership: nothing is kept. Threads: any.
 */
#ifndef KITH_VISIBLE_H
#define KITH_VISIBLE_H

#include <stddef.h>

/* Writes `text` with its control characters (those of Latin-1 in UTF-8, too), byte order marks and bytes that are no
 * UTF-8 as \t, \n, \r or \xNN, as far as `size` has room; returns how long it all is. */
size_t kith_visible(const char *text, char *out, size_t size);

#endif

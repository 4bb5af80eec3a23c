/* Links between two learners, from a file of lines `from,to,latency,bandwidth`: s, bytes/s (0: infinite). '#' starts a
 * comment, and a first line may name the columns. A link has one direction; those that are not named have none.
 *
 * Ownership: it owns its lists. Threads: one. Errors: KITH_EIO, and KITH_EDATA with file and line.
 */
#ifndef KITH_LINKS_H
#define KITH_LINKS_H

#include <kith/base.h>

typedef struct kith_links kith_links;
typedef struct kith_link {
    uint32_t from, to;
    double latency, bandwidth;
} kith_link;

kith_status kith_links_open(kith_ctx *ctx, const char *path, size_t learners, kith_links **out) KITH_CHECKED;
/* Takes NULL. */
void kith_links_close(kith_links *links);
/* NULL where the file has none; so for links NULL. */
const kith_link *kith_links_find(const kith_links *links, size_t from, size_t to);

#endif

/* Memory that worker and program share: a file without a name, so that nothing stays behind. The program maps it by the
 * number under which it finds the file. Ownership: region_close() gives it back. Errors: KITH_EMEMORY. */
#ifndef KITH_EXTERNAL_REGION_H
#define KITH_EXTERNAL_REGION_H

#include <kith/kith.h>

/* Offsets in regions are multiples of this, so that whoever computes there meets equal alignment, and equal bits. */
enum { REGION_STEP = 64 };

typedef struct region {
    int fd; /* -1: not open */
    void *at;
    size_t size;
} region;

/* An empty one. */
kith_status region_open(kith_ctx *ctx, region *r) KITH_CHECKED;
/* At least `size` bytes, which are there for certain: a machine that has not got them says so now. */
kith_status region_grow(kith_ctx *ctx, region *r, const char *what, size_t size) KITH_CHECKED;
void region_close(region *r);
/* The next offset for something of this many bytes; *end counts on. */
size_t region_place(size_t *end, size_t bytes);

#endif

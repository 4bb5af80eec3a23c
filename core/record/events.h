/* One record of an event file, as TensorBoard reads them. Write errors stay in the stream; false: memory is out.
 * Threads: one. */
#ifndef KITH_EVENTS_H
#define KITH_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct kith_scalar {
    const char *tag;
    double value;
} kith_scalar;

/* The first record of a file: which version it has. */
bool kith_event_version(FILE *out, double wall_time);
bool kith_event_scalars(FILE *out, double wall_time, uint64_t step, const kith_scalar *scalar, size_t scalars);
/* A text in Markdown. */
bool kith_event_text(FILE *out, double wall_time, uint64_t step, const char *tag, const char *text);

/* The checksum of CRC-32C, and as event files have it. */
uint32_t kith_crc32c(const void *bytes, size_t size);
uint32_t kith_crc32c_masked(const void *bytes, size_t size);

#endif

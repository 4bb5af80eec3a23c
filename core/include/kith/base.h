/* The vocabulary every other header uses: numbers, statuses, errors.
 *
 * Ownership: a kith_ctx belongs to whoever created it; plugins borrow one per call.
 * Threads: one per process. A context is never shared between threads.
 * Errors: everything that can fail returns a kith_status. Whoever first decides the error words it
 *   with kith_fail(), once; everyone above passes the status on with KITH_TRY().
 */
#ifndef KITH_BASE_H
#define KITH_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set by `configure --with-precision=double` and by the kith-f64 pkg-config file. */
#ifdef KITH_REAL_IS_DOUBLE
typedef double kith_real;
#else
typedef float kith_real;
#endif

#if defined(__GNUC__)
#define KITH_API          __attribute__((visibility("default")))
#define KITH_CHECKED      __attribute__((warn_unused_result))
#define KITH_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define KITH_API
#define KITH_CHECKED
#define KITH_PRINTF(f, a)
#endif

/* Coordinates of a model are cut into blocks of this many reals. A block is the unit of ownership and of
 * every sum over coordinates, so results do not depend on how many workers share the blocks. */
#define KITH_BLOCK ((size_t)4096)

/* name, exit code, text. The exit code is the status's own number, so they cannot drift apart. */
#define KITH_STATUS_MAP(X)                                                                                             \
    X(KITH_OK, 0, "success")                                                                                           \
    X(KITH_EUSAGE, 2, "wrong usage")                                                                                   \
    X(KITH_ECONFIG, 3, "bad configuration")                                                                            \
    X(KITH_EPLUGIN, 4, "plugin refused")                                                                               \
    X(KITH_EDATA, 5, "bad data")                                                                                       \
    X(KITH_EIO, 6, "input or output failed")                                                                           \
    X(KITH_EMEMORY, 7, "not enough memory")                                                                            \
    X(KITH_EDIVERGED, 8, "diverged")                                                                                   \
    X(KITH_EEXCHANGE, 9, "exchange between workers failed")                                                            \
    X(KITH_ESTOPPED, 10, "stopped on request")                                                                         \
    X(KITH_EINTERNAL, 11, "internal error")

typedef enum kith_status {
#define KITH_STATUS_ENUM(name, code, text) name = code,
    KITH_STATUS_MAP(KITH_STATUS_ENUM)
#undef KITH_STATUS_ENUM
} kith_status;

/* The text of a status from the table above; "unknown status" for any other number. */
KITH_API const char *kith_status_text(kith_status status);

#define KITH_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        kith_status kith_try_status_ = (expr);                                                                         \
        if (kith_try_status_ != KITH_OK) return kith_try_status_;                                                      \
    } while (0)

/* Holds the first error's message and any notes. */
typedef struct kith_ctx kith_ctx;

/* Returns NULL when memory is out. */
KITH_API kith_ctx *kith_ctx_create(void);
KITH_API void kith_ctx_destroy(kith_ctx *ctx);

/* Records "what is wrong, where; the remedy" in one line and returns `status`. A message that is already there
 * stays: the first one to decide the error words it. A null ctx loses the message only. */
KITH_API kith_status kith_fail(kith_ctx *ctx, kith_status status, const char *format, ...) KITH_PRINTF(3, 4);

/* Records a remark for the user (an unused section, say), printed once, by worker 0. */
KITH_API void kith_note(kith_ctx *ctx, const char *format, ...) KITH_PRINTF(2, 3);

/* The message of the last failure, "" if there is none. Valid until the next kith_fail or kith_ctx_clear. */
KITH_API const char *kith_ctx_message(const kith_ctx *ctx);
/* The notes so far, one a line, "" if there are none. */
KITH_API const char *kith_ctx_notes(const kith_ctx *ctx);
KITH_API void kith_ctx_clear(kith_ctx *ctx);
/* Forgets the message and keeps the notes. */
KITH_API void kith_ctx_forget(kith_ctx *ctx);

/* Zeroed memory for `count` items of `size` bytes, aligned to 64 bytes (a cache line, and any vector register).
 * `what` names the thing in the message. On failure (KITH_EMEMORY, overflow included) *out is left alone.
 * Free with kith_free(), which takes NULL. */
KITH_API KITH_CHECKED kith_status kith_alloc(kith_ctx *ctx, const char *what, size_t count, size_t size, void **out);
KITH_API void kith_free(void *memory);

/* strtod with the point that files have, whatever the program's locale: the number that `text` begins with, and in *end
 * what follows it; `text` itself where there is none. */
KITH_API double kith_number(const char *text, const char **end);

#define KITH_ALLOC(ctx, what, count, out) kith_alloc((ctx), (what), (count), sizeof **(out), (void **)(out))

#ifdef __cplusplus
}
#endif
#endif

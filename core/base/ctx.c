#include "base/shorten.h"
#include "base/visible.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 2048 };

struct kith_ctx {
    bool failed;
    char message[MESSAGE_SIZE];
    char *notes;
    size_t notes_length;
};

const char *kith_status_text(kith_status status)
{
    switch (status) {
#define STATUS_TEXT(name, code, text)                                                                                  \
    case name:                                                                                                         \
        return text;
        KITH_STATUS_MAP(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}

kith_ctx *kith_ctx_create(void)
{
    return calloc(1, sizeof(kith_ctx));
}

void kith_ctx_destroy(kith_ctx *ctx)
{
    if (!ctx) return;
    free(ctx->notes);
    free(ctx);
}

/* Messages quote files, which may hold anything; a terminal gets none of it raw. Without memory what cannot be shown is
 * cut off. */
static void word(char *out, size_t size, const char *format, va_list args)
{
    char text[MESSAGE_SIZE];
    kith_shorten_format(text, sizeof text, format, args);
    const size_t length = kith_visible(text, out, size);
    char *whole = length < size ? NULL : malloc(length + 1);
    if (!whole) return;
    kith_visible(text, whole, length + 1);
    kith_shorten(whole, out, size);
    free(whole);
}

kith_status kith_fail(kith_ctx *ctx, kith_status status, const char *format, ...)
{
    if (!ctx || ctx->failed) return status;
    va_list args;
    va_start(args, format);
    word(ctx->message, sizeof ctx->message, format, args);
    va_end(args);
    ctx->failed = true;
    return status;
}

void kith_note(kith_ctx *ctx, const char *format, ...)
{
    if (!ctx) return;
    char line[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    word(line, sizeof line, format, args);
    va_end(args);
    const size_t length = strlen(line);
    char *grown = realloc(ctx->notes, ctx->notes_length + length + 2);
    if (!grown) return;
    memcpy(grown + ctx->notes_length, line, length);
    memcpy(grown + ctx->notes_length + length, "\n", 2);
    ctx->notes = grown;
    ctx->notes_length += length + 1;
}

const char *kith_ctx_message(const kith_ctx *ctx)
{
    return ctx ? ctx->message : "";
}

const char *kith_ctx_notes(const kith_ctx *ctx)
{
    return ctx && ctx->notes ? ctx->notes : "";
}

void kith_ctx_forget(kith_ctx *ctx)
{
    if (!ctx) return;
    ctx->failed = false;
    ctx->message[0] = 0;
}

void kith_ctx_clear(kith_ctx *ctx)
{
    if (!ctx) return;
    free(ctx->notes);
    memset(ctx, 0, sizeof *ctx);
}

enum { ALIGNMENT = 64 };

/* calloc hands out untouched pages for what is large, so memory that is never used never counts; the pointer that
 * free() wants is kept right before the aligned start. ALIGNMENT bytes stay readable past the end, where BLAS kernels
 * look. */
kith_status kith_alloc(kith_ctx *ctx, const char *what, size_t count, size_t size, void **out)
{
    const size_t room = 2 * ALIGNMENT + sizeof(void *);
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - room)
        return kith_fail(ctx, KITH_EMEMORY, "%s: %zu items of %zu bytes are more than can be addressed", what, count,
                         size);
    char *memory = calloc(1, bytes + room);
    if (!memory) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for %zu bytes", what, bytes);
    void **start = (void **)(((uintptr_t)memory + ALIGNMENT + sizeof(void *)) / ALIGNMENT * ALIGNMENT);
    start[-1] = memory;
    *out = start;
    return KITH_OK;
}

void kith_free(void *memory)
{
    if (memory) free(((void **)memory)[-1]);
}

/* A configuration that each case starts anew, and files that are read into it. */
#ifndef KITH_TESTS_CONFIGS_H
#define KITH_TESTS_CONFIGS_H

#include "support.h"

#include "config/config.h"
#include "scratch.h"

static kith_ctx *ctx;
static kith_config *config;

static inline int start(void **state)
{
    (void)state;
    ctx = kith_ctx_create();
    return !ctx || kith_config_create(ctx, &config) != KITH_OK;
}

static inline int stop(void **state)
{
    (void)state;
    kith_config_destroy(config);
    kith_ctx_destroy(ctx);
    return 0;
}

static inline void again(void)
{
    stop(NULL);
    assert_int_equal(start(NULL), 0);
}

static inline kith_status read_bytes(const char *bytes, size_t length)
{
    scratch_write("exp.ini", bytes, length);
    return kith_config_read(ctx, config, "exp.ini");
}

static inline kith_status read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* A file with this text is refused by the reader. */
static inline void file_refused(const char *text, const char *message)
{
    assert_refused(ctx, read_text(text), KITH_ECONFIG, message);
    again();
}

#endif

#include "worker.h"

#include "nn/blas.h"
#include <config.h>
#include <stdio.h>
#include <string.h>

static void describe_build(char *text, size_t size)
{
    const int used = snprintf(text, size, "version=%s\nreal=%s\n", PACKAGE_VERSION,
                              sizeof(kith_real) == sizeof(double) ? "double" : "float");
    if (used > 0 && (size_t)used < size) kith_blas_describe(text + used, size - (size_t)used);
}

kith_status worker_join(kith_ctx *ctx, size_t domains, bool launched, char *fingerprint, kith_exchange **out)
{
    /* Agreed on below, so that a worker that cannot start does not leave the others waiting. */
    const kith_status mine = kith_blas_start(ctx);
    describe_build(fingerprint, WORKER_TEXT_SIZE);
    const kith_exchange_options options = {.domains = domains, .launched = launched};
    KITH_TRY(kith_exchange_open(ctx, &options, fingerprint, out));
    return kith_exchange_agree(*out, mine, NULL);
}

void worker_environment(char *text, size_t size, const char *fingerprint, const kith_place *place, kith_dealing deal)
{
    snprintf(text, size, "%s%sworkers=%zu\ndomains=%zu\nhosts=%zu\ndeal=%s\n", fingerprint,
             fingerprint[strlen(fingerprint) - 1] == '\n' ? "" : "\n", place->workers, place->domains, place->hosts,
             options_deal_name(deal));
}

void worker_add_word(char *line, size_t size, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    const bool quoted = !*text || text[strspn(text, plain)];
    size_t used = strlen(line);
    used += (size_t)snprintf(line + used, size - used, quoted ? " '" : " ");
    for (; *text && used + 8 < size; text++)
        used += *text == '\'' ? (size_t)snprintf(line + used, size - used, "'\\''")
                              : (size_t)snprintf(line + used, size - used, "%c", *text);
    if (quoted) snprintf(line + used, size - used, "'");
}

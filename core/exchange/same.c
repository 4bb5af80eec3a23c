/* What has to be the same on all workers. */
#include "exchange/inside.h"

#include "base/shorten.h"
#include "exchange/narrow.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST = 64, VALUE = 120 };

static void name_host(char host[HOST])
{
    if (gethostname(host, HOST - 1)) snprintf(host, HOST, "a host without a name");
    host[HOST - 1] = '\0';
}

/* What a text has to say about the key of a line; NULL: nothing. A line without a = is a key. */
static const char *find(const char *text, const char *line, size_t key)
{
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strcspn(at, "=\n") == key && strncmp(at, line, key) == 0) return at;
    return NULL;
}

/* The first line of a text that another one does not have; NULL: there is none. */
static const char *first_missing(const char *text, const char *other)
{
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        const char *theirs = find(other, at, strcspn(at, "=\n"));
        const size_t length = strcspn(at, "\n");
        if (!theirs || strcspn(theirs, "\n") != length || strncmp(at, theirs, length) != 0) return at;
    }
    return NULL;
}

static const char *tell_value(const char *line, char text[VALUE])
{
    if (!line) return "not there";
    const char *value = line + strcspn(line, "=\n");
    value += *value == '=';
    const int length = (int)strcspn(value, "\n");
    if (!length) return "empty";
    kith_shorten_print(text, VALUE, "%.*s", length, value);
    return text;
}

static kith_status refuse(kith_exchange *ex, const char *lines, const char *firsts, const char *host,
                          const char *remedy)
{
    char own[HOST], mine[VALUE], theirs[VALUE];
    const char *line = first_missing(lines, firsts);
    if (!line) line = first_missing(firsts, lines);
    if (!line) return KITH_OK; /* in another order */
    const size_t key = strcspn(line, "=\n");
    name_host(own);
    return kith_fail(ex->trouble, KITH_EEXCHANGE,
                     "%.*s is %s for worker %zu on %s, and %s for worker 0 on %s; results would differ: %s", (int)key,
                     line, tell_value(find(lines, line, key), mine), ex->place.worker, own,
                     tell_value(find(firsts, line, key), theirs), host, remedy);
}

kith_status kith_compare_lines(kith_exchange *ex, const char *lines, const char *remedy)
{
    struct {
        size_t length;
        char host[HOST];
    } first = {.length = strlen(lines)};
    if (!ex->launched) return KITH_OK;
    name_host(first.host);
    KITH_TRY(kith_mpi_check(ex, "comparing hosts", MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, 0, ex->all)));
    char *text = NULL;
    int length = 0;
    KITH_TRY(kith_narrow(ex->trouble, "comparing hosts", first.length, &length));
    kith_status status = KITH_ALLOC(ex->trouble, "comparing hosts", first.length + 1, &text);
    status = kith_exchange_agree(ex, status, NULL);
    if (status == KITH_OK && ex->place.worker == 0) memcpy(text, lines, first.length);
    if (status == KITH_OK)
        status = kith_mpi_check(ex, "comparing hosts", MPI_Bcast(text, length, MPI_BYTE, 0, ex->all));
    if (status == KITH_OK && ex->place.worker != 0) status = refuse(ex, lines, text, first.host, remedy);
    kith_free(text);
    return status;
}

kith_status kith_exchange_same(kith_ctx *ctx, kith_exchange *ex, const char *lines, const char *remedy)
{
    if (ex->place.workers < 2) return KITH_OK;
    return kith_exchange_settle(ctx, ex, kith_compare_lines(ex, lines, remedy));
}

kith_status kith_exchange_tell(kith_exchange *ex, uint64_t *word)
{
    if (ex->place.workers < 2) return KITH_OK;
    return kith_mpi_check(ex, "telling a number", MPI_Bcast(word, 1, MPI_UINT64_T, 0, ex->all));
}

/* Names of nodes, numbered in the order in which they come. */
#include "graph/read.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

typedef struct name {
    char *text; /* NULL: a free place */
    size_t number;
} name;

struct kith_node_names {
    name *place; /* [room], found by hash and on from there */
    size_t room, count;
};

static name *find(const kith_node_names *n, const char *text)
{
    size_t at = (size_t)XXH3_64bits(text, strlen(text)) & (n->room - 1);
    while (n->place[at].text && strcmp(n->place[at].text, text))
        at = (at + 1) & (n->room - 1);
    return &n->place[at];
}

static kith_status grow(kith_ctx *ctx, kith_node_names *n)
{
    kith_node_names wider = {.room = n->room ? 2 * n->room : 256, .count = n->count};
    if (2 * n->count < n->room) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "names of nodes", wider.room, &wider.place));
    for (size_t i = 0; i < n->room; i++)
        if (n->place[i].text) *find(&wider, n->place[i].text) = n->place[i];
    kith_free(n->place);
    *n = wider;
    return KITH_OK;
}

kith_status kith_node_number(kith_ctx *ctx, kith_node_names **names, const char *text, size_t *out)
{
    if (!*names) KITH_TRY(KITH_ALLOC(ctx, "names of nodes", 1, names));
    KITH_TRY(grow(ctx, *names));
    name *place = find(*names, text);
    if (!place->text) {
        char *copy = strdup(text);
        if (!copy) return kith_fail(ctx, KITH_EMEMORY, "names of nodes: no memory for '%.40s'", text);
        *place = (name){.text = copy, .number = (*names)->count++};
    }
    *out = place->number;
    return KITH_OK;
}

void kith_node_names_free(kith_node_names *n)
{
    if (!n) return;
    for (size_t i = 0; i < n->room; i++)
        free(n->place[i].text);
    kith_free(n->place);
    kith_free(n);
}

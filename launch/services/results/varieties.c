#include "launch/services/results/varieties.h"

#include <stdio.h>
#include <stdlib.h>

kith_status kith_varieties_note(kith_ctx *ctx, kith_varieties *v, const kith_setting_text *p)
{
    char name[512];
    size_t n;
    bool is_new;
    snprintf(name, sizeof name, "%s.%s", p->section, p->key);
    KITH_TRY(kith_distinct_text_number(ctx, &v->name, name, &n, &is_new));
    if (n >= v->room) {
        const size_t room = v->room ? 2 * v->room : 64;
        kith_variety *grown = reallocarray(v->variety, room, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory for parameters");
        v->variety = grown;
        v->room = room;
    }
    kith_variety *own = &v->variety[n];
    if (is_new) *own = (kith_variety){.first = p};
    own->count++;
    own->other = own->other || strcmp(own->first->value, p->value) != 0;
    return KITH_OK;
}

void kith_varieties_free(kith_varieties *v)
{
    kith_distinct_free(&v->name);
    free(v->variety);
    *v = (kith_varieties){.room = 0};
}

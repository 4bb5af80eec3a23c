#include "launch/services/results/swept.h"

#include "launch/services/results/varieties.h"

#include "base/shorten.h"
#include <stdio.h>
#include <string.h>

static kith_status note_all(kith_ctx *ctx, const kith_groups *groups, kith_varieties *v)
{
    for (size_t g = 0; g < groups->count; g++) {
        const kith_result *run = groups->group[g].run[0];
        for (size_t i = 0; i < run->parameters; i++)
            if (kith_tells_apart(&run->parameter[i])) KITH_TRY(kith_varieties_note(ctx, v, &run->parameter[i]));
    }
    return KITH_OK;
}

static kith_status list(kith_ctx *ctx, const kith_groups *groups, const kith_varieties *v, kith_swept *out)
{
    KITH_TRY(KITH_ALLOC(ctx, "swept parameters", v->name.count, &out->key));
    for (size_t n = 0; n < v->name.count; n++) {
        const kith_variety *own = &v->variety[n];
        if (own->other || own->count < groups->count)
            out->key[out->count++] = (kith_swept_key){own->first->section, own->first->key, !own->other};
    }
    return KITH_OK;
}

kith_status kith_swept_find(kith_ctx *ctx, const kith_groups *groups, kith_swept *out)
{
    kith_varieties v = {.room = 0};
    kith_status status = note_all(ctx, groups, &v);
    if (status == KITH_OK) {
        *out = (kith_swept){.count = 0};
        status = list(ctx, groups, &v, out);
    }
    kith_varieties_free(&v);
    return status;
}

void kith_swept_free(kith_swept *swept)
{
    kith_free(swept->key);
    *swept = (kith_swept){.count = 0};
}

void kith_swept_name(const kith_swept_key *key, char *text, size_t size)
{
    snprintf(text, size, "%s.%s", key->section, key->key);
}

const kith_swept_key *kith_swept_named(const kith_swept *swept, const char *name)
{
    char own[256];
    for (size_t k = 0; k < swept->count; k++) {
        kith_swept_name(&swept->key[k], own, sizeof own);
        if (!swept->key[k].lacked && strcmp(own, name) == 0) return &swept->key[k];
    }
    return NULL;
}

bool kith_swept_same(const kith_swept_key *key, const kith_result *a, const kith_result *b)
{
    return kith_same_text(kith_result_parameter(a, key->section, key->key),
                          kith_result_parameter(b, key->section, key->key));
}

/* Of a key whose values are plugins. */
static bool speaks_for_itself(const kith_swept_key *key)
{
    static const char *const kinds[] = {"algorithm", "model", "dataset", "topology", "game"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(key->section, "run") == 0 && strcmp(key->key, kinds[i]) == 0) return true;
    return false;
}

static bool is_ambiguous(const kith_swept *swept, size_t k)
{
    for (size_t i = 0; i < swept->count; i++)
        if (i != k && !swept->key[i].lacked && strcmp(swept->key[i].key, swept->key[k].key) == 0) return true;
    return false;
}

void kith_swept_label(const kith_swept *swept, const kith_result *run, const bool *told, char *text, size_t size)
{
    char whole[2048] = "", told_value[KITH_TOLD_SIZE];
    size_t used = 0;
    for (size_t k = 0; k < swept->count && used < sizeof whole; k++) {
        const kith_swept_key *key = &swept->key[k];
        const char *value = kith_result_parameter(run, key->section, key->key), *separator = used ? ", " : "";
        if (key->lacked || !value || (told && !told[k])) continue;
        const bool ambiguous = is_ambiguous(swept, k);
        kith_shorten(value, told_value, sizeof told_value);
        const int more = speaks_for_itself(key)
                             ? snprintf(whole + used, sizeof whole - used, "%s%s", separator, told_value)
                             : snprintf(whole + used, sizeof whole - used, "%s%s%s%s = %s", separator,
                                        ambiguous ? key->section : "", ambiguous ? "." : "", key->key, told_value);
        used += more > 0 ? (size_t)more : 0;
    }
    kith_shorten(whole, text, size);
}

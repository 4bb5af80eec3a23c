#include "config/value.h"

#include "config/config.h"
#include <string.h>

static bool check_strings(const kith_param *row, kith_why *why)
{
    const struct {
        const char *field, *text;
    } strings[] = {{"key", row->key},
                   {"fallback", row->fallback},
                   {"domain", row->domain},
                   {"unit", row->unit},
                   {"doc", row->doc}};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        kith_why detail;
        if (!strings[i].text) return kith_because(why, "%s is NULL; write \"\" where there is none", strings[i].field);
        if (!kith_text_check(strings[i].text, strlen(strings[i].text), &detail))
            return kith_because(why, "%s: %s; write one line of UTF-8", strings[i].field, detail.text);
    }
    if (!kith_name_check(row->key, '_'))
        return kith_because(why, "key '%s' must have 1 to %d lower-case letters, digits or _", row->key,
                            KITH_KEY_BYTES);
    if (!*row->doc) return kith_because(why, "doc is empty; write one sentence");
    return true;
}

static size_t alignment(uint32_t type)
{
    return type == KITH_TYPE_REALS ? _Alignof(kith_reals) : kith_type_size(type);
}

static bool check_place(const kith_param *row, size_t config_size, kith_why *why)
{
    const size_t size = kith_type_size(row->type);
    if (row->offset > config_size || size > config_size - row->offset)
        return kith_because(why, "offset %zu with %zu bytes goes beyond config_size %zu", row->offset, size,
                            config_size);
    if (row->offset % alignment(row->type))
        return kith_because(why, "offset %zu is no multiple of %zu, which a %s needs", row->offset,
                            alignment(row->type), kith_type_name(row->type));
    return true;
}

static bool check_row(const kith_param *row, size_t config_size, kith_why *why)
{
    kith_why detail;
    kith_value value;
    if (!check_strings(row, why)) return false;
    if (kith_type_size(row->type) == 0)
        return kith_because(why, "type is %u; it must be from %d to %d", row->type, KITH_TYPE_INT, KITH_TYPE_REALS);
    if (!check_place(row, config_size, why)) return false;
    if (!kith_domain_check(row, &detail))
        return kith_because(why, "domain '%s' is malformed; %s", row->domain, detail.text);
    if (!kith_value_read(row, row->fallback, &value, &detail) || !kith_value_survives(row->fallback, &detail))
        return kith_because(why, "fallback '%s' %s", row->fallback, detail.text);
    return true;
}

/* Against the rows before: a key twice, or two values in one place. */
static bool check_pairs(const kith_param *params, size_t i, kith_why *why)
{
    const kith_param *row = &params[i];
    for (size_t k = 0; k < i; k++) {
        const kith_param *other = &params[k];
        if (strcmp(row->key, other->key) == 0) return kith_because(why, "key is also that of row %zu", k);
        if (row->offset < other->offset + kith_type_size(other->type) &&
            other->offset < row->offset + kith_type_size(row->type))
            return kith_because(why, "offset %zu overlaps with row %zu (%s)", row->offset, k, other->key);
    }
    return true;
}

static bool check_when(const kith_param *params, size_t count, const kith_param *row, kith_why *why)
{
    kith_why detail;
    if (!row->when || kith_when_check(row->when, params, count, false, &detail)) return true;
    return kith_because(why, "when '%s': %s", row->when, detail.text);
}

kith_status kith_params_check(kith_ctx *ctx, const char *owner, const kith_param *params, size_t count,
                              size_t config_size)
{
    kith_why why;
    if (count && !params)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: params is NULL, but param_count is %zu", owner, count);
    for (size_t i = 0; i < count; i++) {
        if (check_row(&params[i], config_size, &why) && check_pairs(params, i, &why) &&
            check_when(params, count, &params[i], &why))
            continue;
        return kith_fail(ctx, KITH_EPLUGIN, "%s: params[%zu] (%.*s): %s", owner, i, KITH_KEY_BYTES,
                         params[i].key ? params[i].key : "NULL", why.text);
    }
    return KITH_OK;
}

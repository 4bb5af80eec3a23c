#include "config/entries.h"

#include <errno.h>
#include <string.h>

enum { COLUMNS = 100 };

/* The longest part of a text within `most` bytes that cuts no UTF-8 character. */
static size_t fit(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);
    if (length <= most) return length;
    for (length = most; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
        length--;
    return length;
}

/* A comment over as many lines as it needs: a line that is too long could not be read back. */
static void write_comment(FILE *out, const char *text)
{
    while (*text) {
        size_t length = fit(text, COLUMNS);
        if (text[length]) {
            while (length && text[length] != ' ')
                length--;
            if (length == 0) length = fit(text, COLUMNS);
        }
        fprintf(out, "# %.*s\n", (int)length, text);
        text += length;
        while (*text == ' ')
            text++;
    }
}

static void write_sentence(FILE *out, const kith_bound *bound)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s%s", bound->doc, *bound->unit ? " (" : "", bound->unit, *bound->unit ? ")" : "");
    write_comment(out, text);
}

static void write_source(FILE *out, const kith_bound *bound)
{
    char head[8192]; /* more than any path */
    snprintf(head, sizeof head, "%s%s%s:", bound->source, *bound->unit ? ", in " : "", bound->unit);
    write_comment(out, head);
    write_comment(out, bound->doc);
}

kith_status kith_config_write(kith_ctx *ctx, const kith_config *config, FILE *out, unsigned flags)
{
    const char *section = NULL;
    for (size_t i = 0; i < config->bounds; i++) {
        const kith_bound *bound = &config->bound[i];
        if (!bound->counts && !(flags & KITH_WRITE_ALL)) continue;
        if (!section || strcmp(section, bound->section) != 0)
            fprintf(out, "%s[%s]\n", section ? "\n" : "", bound->section);
        section = bound->section;
        if (flags & KITH_WRITE_SOURCES) write_source(out, bound);
        if (flags & KITH_WRITE_SENTENCES) write_sentence(out, bound);
        fprintf(out, "%s =%s%s\n", bound->key, *bound->text ? " " : "", bound->text);
    }
    if (fflush(out) != 0 || ferror(out))
        return kith_fail(ctx, KITH_EIO, "the configuration cannot be written: %s", strerror(errno));
    return KITH_OK;
}

kith_status kith_config_each(const kith_config *config, kith_config_visitor visit, void *arg)
{
    for (size_t i = 0; i < config->bounds; i++) {
        const kith_bound *bound = &config->bound[i];
        if (bound->counts) KITH_TRY(visit(arg, bound->section, bound->key, bound->text, bound->source));
    }
    return KITH_OK;
}

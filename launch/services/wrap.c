#include "launch/services/wrap.h"

#include "launch/services/progress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Bytes up to where a line may be broken. */
static size_t piece(const char *text)
{
    size_t length = strspn(text, " ");
    length += strcspn(text + length, " |");
    return length + strspn(text + length, "|");
}

static size_t characters(const char *text, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

void kith_wrap(FILE *out, const char *line, size_t width, size_t indent)
{
    size_t used = 0;
    if (indent + 20 > width) indent = 0;
    while (*line) {
        const size_t length = piece(line), own = characters(line, length);
        const size_t blanks = strspn(line, " ");
        const bool breaks = width && used > indent && used + own > width;
        if (breaks) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = indent;
        }
        const size_t skipped = breaks ? blanks : 0;
        fwrite(line + skipped, 1, length - skipped, out);
        used += own - skipped;
        line += length;
    }
    putc('\n', out);
}

void kith_wrap_output(void (*print)(void *arg), void *arg)
{
    char *text = NULL;
    size_t size = 0;
    const size_t columns = kith_bar_columns(stdout);
    FILE *terminal = stdout, *memory = columns ? open_memstream(&text, &size) : NULL;
    if (memory) stdout = memory;
    print(arg);
    if (!memory) return;
    stdout = terminal;
    fclose(memory);
    for (char *rest = text; rest && *rest;) {
        const char *line = strsep(&rest, "\n");
        kith_wrap(stdout, line, columns, strspn(line, " ") + 2);
    }
    free(text);
}

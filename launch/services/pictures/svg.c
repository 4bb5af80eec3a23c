#include "launch/services/pictures/svg.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *kith_svg_contents(int fd)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (!text) return NULL;
    size_t used = 0;
    for (ssize_t got; used < (size_t)size; used += (size_t)got)
        if ((got = pread(fd, text + used, (size_t)size - used, (off_t)used)) <= 0) break;
    text[used] = '\0';
    return text;
}

/* Copies from *in up to `mark`, to which *in then points; false if there is none. */
static bool copy_until(char **out, const char **in, const char *mark)
{
    const char *end = strstr(*in, mark);
    if (!end) return false;
    memmove(*out, *in, (size_t)(end - *in));
    *out += end - *in;
    *in = end;
    return true;
}

/* Drops whatever begins with `first`, up to the end of `last`. */
static void drop(char *svg, const char *first, const char *last)
{
    char *out = svg;
    const char *in = svg;
    while (copy_until(&out, &in, first)) {
        const char *end = strstr(in, last);
        if (!end) break;
        in = end + strlen(last);
    }
    memmove(out, in, strlen(in) + 1);
}

static char *rename_parts(const char *svg, unsigned number)
{
    static const char *const marks[] = {"id=\"", "id='", "href='#"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    while (out && *svg) {
        size_t m = 0;
        while (m < 3 && strncmp(svg, marks[m], strlen(marks[m])) != 0)
            m++;
        if (m < 3) {
            fprintf(out, "%sf%u-", marks[m], number);
            svg += strlen(marks[m]);
        } else {
            putc(*svg++, out);
        }
    }
    if (!out || fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *kith_svg_tidy(char *drawn, unsigned number)
{
    char *svg = strstr(drawn, "<svg");
    if (!svg) svg = drawn;
    drop(svg, "<!--", "-->");
    drop(svg, "<title>", "</title>");
    drop(svg, "<desc>", "</desc>");
    return rename_parts(svg, number);
}

char *kith_svg_alone(const char *svg, double width_mm, double height_mm)
{
    static const char font[] = "font-family=\"Helvetica\"", root[] = "<svg";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg width=\"%.2fmm\" height=\"%.2fmm\"", width_mm,
            height_mm);
    for (svg += strlen(root); *svg;) {
        const bool named = strncmp(svg, font, strlen(font)) == 0;
        if (named) fputs("font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\"", out);
        if (!named) putc(*svg, out);
        svg += named ? strlen(font) : 1;
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

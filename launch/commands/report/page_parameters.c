#include "launch/commands/report/page.h"

#include "launch/services/results/environment.h"
#include "launch/services/results/varieties.h"
#include "launch/services/text/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 6, MOST_PRINTED = 7, MOST_WHOLE = 40, MOST_NAMED = 12, MOST_ENVIRONMENTS = 12 };

static kith_status note_all(const kith_page *page, kith_varieties *v)
{
    for (size_t r = 0; r < page->results->count; r++)
        for (size_t i = 0; i < page->results->run[r]->parameters; i++)
            KITH_TRY(kith_varieties_note(page->ctx, v, &page->results->run[r]->parameter[i]));
    return KITH_OK;
}

static bool differs(const kith_page *page, const kith_variety *v)
{
    return !kith_is_place(v->first->section, v->first->key) && (v->other || v->count < page->results->count);
}

/* Each value of the group's runs once: one, but for seeds. */
static void write_values(kith_page *page, const kith_group *group, const kith_setting_text *p)
{
    bool any = false;
    fputs("<td class=\"name\">", page->out);
    for (size_t r = 0; r < group->count; r++) {
        const char *value = kith_result_parameter(group->run[r], p->section, p->key);
        size_t first = 0;
        while (first < r && !kith_same_text(kith_result_parameter(group->run[first], p->section, p->key), value))
            first++;
        if (!value || first < r) continue;
        fputs(any ? ", " : "", page->out);
        kith_html_text(page->out, *value ? value : "(empty)");
        any = true;
    }
    fputs(any ? "</td>" : "–</td>", page->out);
}

static void write_name(kith_page *page, const kith_setting_text *p)
{
    fputs("<th scope=\"row\"><code>", page->out);
    kith_html_text(page->out, p->section);
    putc('.', page->out);
    kith_html_text(page->out, p->key);
    fputs("</code></th>", page->out);
}

static void write_row(kith_page *page, const kith_setting_text *p)
{
    fputs("<tr>", page->out);
    write_name(page, p);
    for (size_t g = 0; g < page->drawn.count; g++)
        write_values(page, &page->drawn.group[g], p);
    fputs("</tr>\n", page->out);
}

static void begin_differences(kith_page *page)
{
    fputs("<h3>What differs between runs</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">",
          page->out);
}

/* A column for each configuration. */
static void write_few(kith_page *page, const kith_varieties *v)
{
    begin_differences(page);
    fputs("Parameter</th>", page->out);
    for (size_t g = 0; g < page->drawn.count; g++) {
        fputs("<th class=\"name\" scope=\"col\">", page->out);
        kith_page_key(page, g, page->drawn.group[g].label);
        fputs("</th>", page->out);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
    for (size_t n = 0; n < v->name.count; n++)
        if (differs(page, &v->variety[n])) write_row(page, v->variety[n].first);
    fputs("</tbody></table></div>\n", page->out);
}

/* A line for each configuration. On paper it stays folded where it has more columns than that is wide. */
static void write_many(kith_page *page, const kith_varieties *v, size_t columns)
{
    fprintf(page->out, "<details%s><summary>What differs between runs</summary>\n",
            columns > MOST_PRINTED ? " class=\"long\"" : "");
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Configuration</th>", page->out);
    for (size_t n = 0; n < v->name.count; n++) {
        if (!differs(page, &v->variety[n])) continue;
        fputs("<th scope=\"col\"><code>", page->out);
        kith_html_text(page->out, v->variety[n].first->section);
        putc('.', page->out);
        kith_html_text(page->out, v->variety[n].first->key);
        fputs("</code></th>", page->out);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
    for (size_t g = 0; g < page->drawn.count; g++) {
        fputs("<tr><th class=\"name\" scope=\"row\">", page->out);
        kith_page_key(page, g, page->drawn.group[g].label);
        fputs("</th>", page->out);
        for (size_t n = 0; n < v->name.count; n++)
            if (differs(page, &v->variety[n])) write_values(page, &page->drawn.group[g], v->variety[n].first);
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody></table></div></details>\n", page->out);
}

static void write_differences(kith_page *page, const kith_varieties *v)
{
    size_t count = 0;
    for (size_t n = 0; n < v->name.count; n++)
        count += differs(page, &v->variety[n]);
    if (count && page->drawn.count <= FEW)
        write_few(page, v);
    else if (count)
        write_many(page, v, count);
}

static void write_code_cell(kith_page *page, const char *text)
{
    fputs("<td><code>", page->out);
    kith_html_text(page->out, text);
    fputs("</code></td>", page->out);
}

static void write_all_of(kith_page *page, const kith_result *run)
{
    fputs("<details><summary>All parameters of ", page->out);
    kith_page_name(page, run);
    fputs("</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Parameter</th>"
          "<th scope=\"col\">Value</th><th scope=\"col\">From</th></tr></thead>\n<tbody>\n",
          page->out);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        fputs("<tr>", page->out);
        write_name(page, p);
        write_code_cell(page, p->value);
        fputs("<td class=\"soft\">", page->out);
        kith_html_text(page->out, p->source);
        fputs("</td></tr>\n", page->out);
    }
    fputs("</tbody></table></div></details>\n", page->out);
}

/* Of very many runs, what they share is told once. */
static void write_shared(kith_page *page, const kith_varieties *v)
{
    fputs("<details><summary>Parameters that all runs share</summary>\n<div class=\"scroll\"><table>\n<thead><tr>"
          "<th scope=\"col\">Parameter</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n",
          page->out);
    for (size_t n = 0; n < v->name.count; n++) {
        const kith_variety *own = &v->variety[n];
        if (own->other || own->count < page->results->count) continue;
        fputs("<tr>", page->out);
        write_name(page, own->first);
        write_code_cell(page, own->first->value);
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody></table></div></details>\n", page->out);
}

static void write_parameters(kith_page *page, const kith_varieties *v)
{
    const size_t count = page->results->count;
    if (count > 1) write_differences(page, v);
    if (count > MOST_WHOLE) {
        write_shared(page, v);
        return;
    }
    if (count > 1)
        fprintf(page->out, "<details class=\"long\"><summary>All parameters of all %zu runs</summary>\n", count);
    for (size_t r = 0; r < count; r++)
        write_all_of(page, page->results->run[r]);
    if (count > 1) fputs("</details>\n", page->out);
}

kith_status kith_page_parameters(kith_page *page)
{
    kith_varieties v = {.room = 0};
    const kith_status status = note_all(page, &v);
    if (status == KITH_OK) {
        fputs("<h2>Parameters</h2>\n", page->out);
        write_parameters(page, &v);
    }
    kith_varieties_free(&v);
    return status;
}

/* ---- environments ---- */

/* Which runs one environment is of; nothing where all are. */
static void write_runs_of(kith_page *page, const size_t *environment, size_t which, const char *before,
                          const char *after)
{
    size_t count = 0;
    for (size_t r = 0; r < page->results->count; r++)
        count += environment[r] == which;
    if (count == page->results->count) return;
    const char *separator = before;
    size_t named = 0;
    for (size_t r = 0; r < page->results->count; r++) {
        if (environment[r] != which || named++ >= MOST_NAMED) continue;
        fputs(separator, page->out);
        kith_page_name(page, page->results->run[r]);
        separator = ", ";
    }
    if (count > MOST_NAMED) fprintf(page->out, " and %zu more", count - MOST_NAMED);
    fputs(after, page->out);
}

/* "key=value" lines; a line without "=" has no key. */
static void write_line(kith_page *page, const char *line, size_t length)
{
    char *text = strndup(line, length);
    if (!text) return;
    char *equals = strchr(text, '=');
    if (equals) *equals = '\0';
    fputs("<tr><th scope=\"row\"><code>", page->out);
    kith_html_text(page->out, equals ? text : "");
    fputs("</code></th>", page->out);
    write_code_cell(page, equals ? equals + 1 : text);
    fputs("</tr>\n", page->out);
    free(text);
}

static bool names_version(const char *environment)
{
    return strncmp(environment, "version=", 8) == 0 || strstr(environment, "\nversion=");
}

/* A word of a command, quoted where a shell would read it otherwise. */
static void write_argument(FILE *out, const char *before, const char *path, const char *after)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._=,+-";
    const bool quoted = path[strspn(path, plain)] != '\0';
    fprintf(out, "%s%s", before, quoted ? "&#39;" : "");
    while (*path) {
        char part[4096];
        const size_t length = strcspn(path, "'"), told = length < sizeof part ? length : sizeof part - 1;
        snprintf(part, sizeof part, "%.*s", (int)told, path);
        kith_html_text(out, part);
        path += told;
        if (*path != '\'') continue;
        kith_html_text(out, "'\\''");
        path++;
    }
    fprintf(out, "%s%s", after, quoted ? "&#39;" : "");
}

static void write_environment(kith_page *page, const kith_result *run)
{
    fputs("<div class=\"scroll\"><table class=\"narrow\">\n<tbody>\n", page->out);
    if (!names_version(run->environment)) {
        fputs("<tr><th scope=\"row\"><code>version</code></th>", page->out);
        write_code_cell(page, run->version);
        fputs("</tr>\n", page->out);
    }
    for (const char *line = run->environment; *line;) {
        const size_t length = strcspn(line, "\n");
        if (length > 0) write_line(page, line, length);
        line += length + (line[length] == '\n');
    }
    fputs("</tbody></table></div>\n", page->out);
}

/* "kith 0.1.0, float, on host, processor" */
static void write_origin(kith_page *page, const kith_result *run)
{
    static const char *const keys[] = {"real", "mpi", "host", "processor"};
    char value[256];
    fputs("</td><td>" KITH_NAME " ", page->out);
    kith_html_text(page->out, run->version);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *line = kith_environment_value(run->environment, keys[i], strlen(keys[i]));
        if (!line || *line == '\n' || !*line) continue;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
        fputs(strcmp(keys[i], "host") == 0 ? ", on " : ", ", page->out);
        kith_html_text(page->out, value);
    }
}

/* How to make it again: its configuration is kept whole, so a command with that file does it. */
static void write_again(kith_page *page, const kith_result *run)
{
    const char *output = kith_result_parameter(run, "run", "output");
    if (!output || !*output) return;
    fputs("<tr><td class=\"name\">", page->out);
    kith_page_name(page, run);
    fputs("</td><td><code>kith run ", page->out);
    write_argument(page->out, "", output, "/config.ini");
    fputs(" ", page->out);
    write_argument(page->out, "--set=run.output=", output, "-again");
    fputs("</code>", page->out);
    write_origin(page, run);
    fputs("</td></tr>\n", page->out);
}

static void write_commands(kith_page *page)
{
    const size_t count = page->results->count, told = count < MOST_WHOLE ? count : MOST_WHOLE;
    fputs("<details class=\"long\"><summary>How to run each again</summary>\n<p>From the folder that the runs were "
          "started in, with "
          "the versions above; the same processor gives the same bits.</p>\n<div class=\"scroll\"><table>\n<thead><tr>"
          "<th>Run</th><th>Command</th><th>Made by</th></tr></thead>\n<tbody>\n",
          page->out);
    for (size_t r = 0; r < told; r++)
        write_again(page, page->results->run[r]);
    fputs("</tbody></table></div>\n", page->out);
    if (told < count) fprintf(page->out, "<p>And so for %zu more: each folder has its config.ini.</p>\n", count - told);
    fputs("</details>\n", page->out);
}

static kith_status write_environments(kith_page *page, kith_distinct *all, size_t *environment)
{
    for (size_t r = 0; r < page->results->count; r++) {
        const kith_result *run = page->results->run[r];
        char *text;
        if (asprintf(&text, "%s\n%s", run->version, run->environment) < 0)
            return kith_fail(page->ctx, KITH_EMEMORY, "no memory for a report");
        const kith_status status = kith_distinct_text_number(page->ctx, all, text, &environment[r], NULL);
        free(text);
        KITH_TRY(status);
    }
    size_t written = 0;
    for (size_t r = 0; r < page->results->count; r++) {
        if (environment[r] < written) continue;
        if (written++ == MOST_ENVIRONMENTS) break;
        const bool folded = written > 1;
        if (folded)
            write_runs_of(page, environment, environment[r], "<details><summary>That of ", "</summary>\n");
        else
            write_runs_of(page, environment, environment[r], "<h3>", "</h3>\n");
        write_environment(page, page->results->run[r]);
        if (folded) fputs("</details>\n", page->out);
    }
    if (all->count > MOST_ENVIRONMENTS)
        fprintf(page->out, "<p>And %zu more, which <code>kith list --json</code> tells.</p>\n",
                all->count - MOST_ENVIRONMENTS);
    return KITH_OK;
}

kith_status kith_page_environment(kith_page *page)
{
    kith_distinct all = {.count = 0};
    size_t *environment;
    KITH_TRY(KITH_ALLOC(page->ctx, "a report", page->results->count, &environment));
    fputs("<h2>Environment</h2>\n", page->out);
    const kith_status status = write_environments(page, &all, environment);
    if (status == KITH_OK) write_commands(page);
    kith_distinct_free(&all);
    kith_free(environment);
    return status;
}

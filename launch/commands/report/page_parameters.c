#include "launch/commands/report/page.h"

#include "launch/services/text/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether some run lacks this parameter or has another value. */
static bool differs(const kith_page *page, const kith_setting_text *p)
{
    if (kith_is_place(p->section, p->key)) return false;
    for (size_t r = 0; r < page->results->count; r++)
        if (!text_equal(kith_result_parameter(page->results->run[r], p->section, p->key), p->value)) return true;
    return false;
}

/* Whether an earlier run, or none before r, has named this parameter. */
static bool is_new(const kith_page *page, size_t r, const kith_setting_text *p)
{
    for (size_t i = 0; i < r; i++)
        if (kith_result_parameter(page->results->run[i], p->section, p->key)) return false;
    return true;
}

/* Each value of the group's runs once: one, but for seeds. */
static void write_values(kith_page *page, const kith_group *group, const kith_setting_text *p)
{
    bool any = false;
    fputs("<td class=\"name\">", page->out);
    for (size_t r = 0; r < group->count; r++) {
        const char *value = kith_result_parameter(group->run[r], p->section, p->key);
        size_t first = 0;
        while (first < r && !text_equal(kith_result_parameter(group->run[first], p->section, p->key), value))
            first++;
        if (!value || first < r) continue;
        fputs(any ? ", " : "", page->out);
        kith_html_text(page->out, *value ? value : "(empty)");
        any = true;
    }
    fputs(any ? "</td>" : "–</td>", page->out);
}

static void write_row(kith_page *page, const kith_setting_text *p)
{
    fputs("<tr><th scope=\"row\"><code>", page->out);
    kith_html_text(page->out, p->section);
    putc('.', page->out);
    kith_html_text(page->out, p->key);
    fputs("</code></th>", page->out);
    for (size_t g = 0; g < page->groups->count; g++)
        write_values(page, &page->groups->group[g], p);
    fputs("</tr>\n", page->out);
}

static void write_differences_head(kith_page *page)
{
    fputs("<h3>What differs between runs</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Parameter"
          "</th>",
          page->out);
    for (size_t g = 0; g < page->groups->count; g++) {
        fputs("<th class=\"name\" scope=\"col\">", page->out);
        kith_page_key(page, g, page->groups->group[g].label);
        fputs("</th>", page->out);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
}

static void write_differences(kith_page *page)
{
    bool any = false;
    for (size_t r = 0; r < page->results->count; r++) {
        const kith_result *run = page->results->run[r];
        for (size_t i = 0; i < run->parameters; i++) {
            if (!is_new(page, r, &run->parameter[i]) || !differs(page, &run->parameter[i])) continue;
            if (!any) write_differences_head(page);
            any = true;
            write_row(page, &run->parameter[i]);
        }
    }
    if (any) fputs("</tbody></table></div>\n", page->out);
}

static void write_code_cell(kith_page *page, const char *text)
{
    fputs("<td><code>", page->out);
    kith_html_text(page->out, text);
    fputs("</code></td>", page->out);
}

static void write_heading(kith_page *page, const kith_result *run)
{
    kith_html_text(page->out, run->name);
    if (page->results->count > 1) {
        fputs(" <span class=\"soft\">", page->out);
        kith_html_text(page->out, run->id);
        fputs("</span>", page->out);
    }
}

static void write_all_of(kith_page *page, const kith_result *run)
{
    fputs("<details><summary>All parameters of ", page->out);
    write_heading(page, run);
    fputs("</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Parameter</th>"
          "<th scope=\"col\">Value</th><th scope=\"col\">From</th></tr></thead>\n<tbody>\n",
          page->out);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        fputs("<tr><th scope=\"row\"><code>", page->out);
        kith_html_text(page->out, p->section);
        putc('.', page->out);
        kith_html_text(page->out, p->key);
        fputs("</code></th>", page->out);
        write_code_cell(page, p->value);
        fputs("<td class=\"soft\">", page->out);
        kith_html_text(page->out, p->source);
        fputs("</td></tr>\n", page->out);
    }
    fputs("</tbody></table></div></details>\n", page->out);
}

void kith_page_parameters(kith_page *page)
{
    fputs("<h2>Parameters</h2>\n", page->out);
    const size_t count = page->results->count;
    if (count > 1) {
        write_differences(page);
        fprintf(page->out, "<details><summary>All parameters of all %zu runs</summary>\n", count);
    }
    for (size_t r = 0; r < count; r++)
        write_all_of(page, page->results->run[r]);
    if (count > 1) fputs("</details>\n", page->out);
}

static bool same_environment(const kith_result *a, const kith_result *b)
{
    return text_equal(a->environment, b->environment) && text_equal(a->version, b->version);
}

/* Which runs one environment is of; nothing where all are. */
static void write_runs_of(kith_page *page, const kith_result *first)
{
    size_t count = 0;
    for (size_t r = 0; r < page->results->count; r++)
        count += same_environment(first, page->results->run[r]);
    if (count == page->results->count) return;
    const char *separator = "<h3>";
    for (size_t r = 0; r < page->results->count; r++) {
        if (!same_environment(first, page->results->run[r])) continue;
        fputs(separator, page->out);
        write_heading(page, page->results->run[r]);
        separator = ", ";
    }
    fputs("</h3>\n", page->out);
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

static void write_environment(kith_page *page, const kith_result *run)
{
    write_runs_of(page, run);
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

void kith_page_environment(kith_page *page)
{
    fputs("<h2>Environment</h2>\n", page->out);
    for (size_t r = 0; r < page->results->count; r++) {
        size_t first = 0;
        while (!same_environment(page->results->run[first], page->results->run[r]))
            first++;
        if (first == r) write_environment(page, page->results->run[r]);
    }
}

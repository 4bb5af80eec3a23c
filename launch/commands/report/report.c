#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "launch/commands/report/report.h"

#include "launch/services/text/html.h"
#include "launch/commands/report/page.h"
#include "launch/commands/report/page_script.h"
#include "launch/commands/report/page_style.h"
#include "record/aside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void write_now(FILE *out)
{
    char text[32];
    const time_t now = time(NULL);
    struct tm parts;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &parts));
    fputs(text, out);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static bool any_running(const kith_results *results)
{
    for (size_t r = 0; r < results->count; r++)
        if (strcmp(results->run[r]->status, "running") == 0) return true;
    return false;
}

void kith_page_head(kith_page *page)
{
    FILE *out = page->out;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    kith_html_text(out, page->title);
    fputs(" – Kith report</title>\n<style>", out);
    kith_page_write_style(out);
    fputs("</style>\n</head>\n<body>\n<header>\n<h1>", out);
    kith_html_text(out, page->title);
    fprintf(out, "</h1>\n<p class=\"soft\">%zu run%s of %zu configuration%s, as of ", page->results->count,
            plural(page->results->count), page->groups->count, plural(page->groups->count));
    write_now(out);
    if (page->results->outdated)
        fprintf(out, "; without %zu that the file of the sweep no longer has", page->results->outdated);
    fputs(any_running(page->results) ? "; not all of them have ended.</p>\n" : ".</p>\n", out);
    fputs("</header>\n<main>\n", out);
}

void kith_page_foot(kith_page *page)
{
    fprintf(page->out, "</main>\n<footer>Written by kith report %s.</footer>\n<script>", PACKAGE_VERSION);
    kith_page_write_script(page->out);
    fputs("</script>\n</body>\n</html>\n", page->out);
}

/* The folder that results lie in: that of the database, if one was named. */
static char *folder_of(const char *where)
{
    struct stat there;
    if (stat(where, &there) != 0 || !S_ISREG(there.st_mode)) return strdup(where);
    const char *slash = strrchr(where, '/');
    return slash ? strndup(where, slash == where ? 1 : (size_t)(slash - where)) : strdup(".");
}

static kith_status add_contests(kith_page *page, const kith_report_request *request)
{
    kith_status status = KITH_OK;
    for (size_t i = 0; i < request->places && status == KITH_OK; i++) {
        char *folder = folder_of(request->places == 1 ? page->results->root : request->where[i]);
        if (folder) status = kith_page_contests(page, folder);
        free(folder);
    }
    return status;
}

/* With many runs, what is seen at a glance comes first. */
static kith_status write_page(kith_page *page, const kith_report_request *request)
{
    const bool few = page->groups->count <= KITH_PAGE_FEW;
    kith_page_head(page);
    kith_page_lead(page);
    if (few) KITH_TRY(kith_page_summary(page));
    KITH_TRY(kith_page_curves(page));
    KITH_TRY(kith_page_sweep(page));
    if (!few) KITH_TRY(kith_page_summary(page));
    kith_page_targets(page);
    KITH_TRY(kith_page_weights(page));
    KITH_TRY(kith_page_payoffs(page));
    KITH_TRY(add_contests(page, request));
    KITH_TRY(kith_page_histograms(page));
    KITH_TRY(kith_page_graphs(page));
    KITH_TRY(kith_page_parameters(page));
    KITH_TRY(kith_page_environment(page));
    kith_page_foot(page);
    return KITH_OK;
}

/* A single run is called by its name; several, by their folder's, or by those of all folders. */
static char *title_of(const kith_results *results, const kith_report_request *request)
{
    char *title = NULL;
    size_t size = 0;
    if (results->count == 1) return strdup(results->run[0]->name);
    FILE *out = open_memstream(&title, &size);
    for (size_t i = 0; out && i < request->places; i++) {
        char *folder = folder_of(request->places == 1 ? results->root : request->where[i]);
        char *path = folder ? realpath(folder, NULL) : NULL;
        const char *slash = path ? strrchr(path, '/') : NULL;
        fprintf(out, "%s%s", i ? ", " : "", slash && slash[1] ? slash + 1 : request->where[i]);
        free(path);
        free(folder);
    }
    return out && fclose(out) == 0 ? title : NULL;
}

static kith_status write_file(kith_page *page, const kith_report_request *request, const char *path)
{
    kith_aside file;
    KITH_TRY(kith_aside_open(page->ctx, path, KITH_PRODUCT_REPORT, &file));
    page->out = file.stream;
    const kith_status status = write_page(page, request);
    if (status == KITH_OK) return kith_aside_commit(page->ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

/* The page of runs that were asked for by a name does not replace that of their folder. */
static int page_path(const kith_results *results, const char *folder, char **out)
{
    char name[256];
    if (!results->called) return asprintf(out, "%s/report.html", folder);
    snprintf(name, sizeof name, "%s", results->run[0]->id);
    for (char *at = name; *at; at++)
        if (*at == '/') *at = '-';
    return asprintf(out, "%s/report-%s.html", folder, name);
}

static kith_status report(kith_page *page, const kith_report_request *request, const char *path)
{
    kith_groups groups;
    kith_swept swept = {.count = 0};
    char *title = title_of(page->results, request);
    if (!title) return kith_fail(page->ctx, KITH_EMEMORY, "no memory for a report");
    kith_status status = kith_groups_make(page->ctx, page->results, &groups);
    if (status == KITH_OK) {
        page->title = title;
        page->groups = &groups;
        page->swept = &swept;
        page->leading = kith_results_leading(page->results);
        status = kith_page_choose(page);
        if (status == KITH_OK) status = kith_swept_find(page->ctx, &groups, &swept);
        if (status == KITH_OK) status = write_file(page, request, path);
        kith_free(page->drawn.group);
        kith_free(page->place);
        kith_swept_free(&swept);
        kith_groups_free(&groups);
    }
    free(title);
    return status;
}

kith_status kith_report_write(kith_ctx *ctx, const kith_report_request *request, char *written, size_t size)
{
    kith_results results;
    const char *out = request->out;
    if (request->places > 1 && !out)
        return kith_fail(ctx, KITH_EUSAGE, "a page of several folders: belongs to none of them; name it with -o");
    KITH_TRY(kith_results_read_all(ctx, request->where, request->places, request->outdated, &results));
    char *folder = folder_of(results.root), *path = NULL;
    kith_status status = KITH_OK;
    if (!folder || page_path(&results, folder, &path) < 0) {
        path = NULL;
        status = kith_fail(ctx, KITH_EMEMORY, "no memory for a report");
    }
    kith_page page = {.ctx = ctx, .results = &results};
    if (status == KITH_OK) status = report(&page, request, out ? out : path);
    if (status == KITH_OK) snprintf(written, size, "%s", out ? out : path);
    free(path);
    free(folder);
    kith_results_free(&results);
    return status;
}

#include "talk.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

kith_status talk_check(kith_ctx *ctx, const child *c, const talk_config *how, const kith_setting *setting,
                       const char *what)
{
    if (!*how->command)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s.command is empty; give the program that has the %s, as in %s.command = "
                         "python3 %s.py",
                         c->id, what, c->id, what);
    const double all = 1e6 * how->memory * (double)(setting->workers ? setting->workers : 1);
    if (setting->memory == 0 || all <= (double)setting->memory) return KITH_OK;
    return kith_fail(
        ctx, KITH_EMEMORY,
        "%s: %zu programs of %g MB each (%s.memory) do not fit into the %.0f MB that this machine has left; "
        "start fewer workers, or say what one of them needs",
        c->id, setting->workers, how->memory, c->id, 1e-6 * (double)setting->memory);
}

/* ---- what the program finds around it ---- */

enum { MORE = 8, TEXT = 48 };

typedef struct surroundings {
    char **all; /* ended by NULL */
    size_t count;
    char path[2 * PATH_MAX], text[MORE][TEXT];
    size_t texts;
} surroundings;

/* Where a variable is, or would be. */
static size_t find(const surroundings *s, const char *name)
{
    const size_t length = strlen(name);
    size_t i = 0;
    while (i < s->count && (strncmp(s->all[i], name, length) != 0 || s->all[i][length] != '='))
        i++;
    return i;
}

static void put(surroundings *s, const char *name, char *text)
{
    const size_t i = find(s, name);
    s->all[i] = text;
    s->count += i == s->count;
}

static void set_text(surroundings *s, const char *name, const char *value)
{
    if (s->texts == MORE) return;
    snprintf(s->text[s->texts], TEXT, "%s=%s", name, value);
    put(s, name, s->text[s->texts++]);
}

static void set_unless(surroundings *s, const char *name, const char *value)
{
    if (find(s, name) == s->count) set_text(s, name, value);
}

/* The adapters lie beside the plugin where it was installed, and above it where it was built. */
static bool find_adapters(char *out, size_t size)
{
    static const char *const places[] = {"adapters", "../adapters"};
    Dl_info about;
    char file[PATH_MAX];
    if (!dladdr((const void *)places, &about) || !realpath(about.dli_fname, file)) return false;
    char *slash = strrchr(file, '/');
    if (!slash) return false;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const int length = snprintf(out, size, "%s/%s", file, places[i]);
        if (length > 0 && (size_t)length < size && access(out, X_OK) == 0) return true;
    }
    return false;
}

static void set_path(surroundings *s)
{
    static const char name[] = "PYTHONPATH";
    char adapters[PATH_MAX];
    const char *old = getenv(name);
    if (!find_adapters(adapters, sizeof adapters)) return;
    const bool has = old && *old;
    const int length = snprintf(s->path, sizeof s->path, "%s=%s%s%s", name, adapters, has ? ":" : "", has ? old : "");
    if (length < 0 || (size_t)length >= sizeof s->path) return;
    put(s, name, s->path);
}

/* So that Python finds the adapters, libraries keep to their threads, and what depends on the order of a set of words,
 * or on how a GPU's library divides its work, does not differ between workers. */
static kith_status surround(kith_ctx *ctx, const child *c, surroundings **out)
{
    surroundings *s = NULL;
    char threads[16];
    KITH_TRY(KITH_ALLOC(ctx, "the program's environment", 1, &s));
    size_t count = 0;
    while (environ[count])
        count++;
    const kith_status status = KITH_ALLOC(ctx, "the program's environment", count + MORE + 2, &s->all);
    if (status != KITH_OK) {
        kith_free(s);
        return status;
    }
    memcpy(s->all, environ, count * sizeof *s->all);
    s->count = count;
    snprintf(threads, sizeof threads, "%zu", c->threads);
    set_path(s);
    set_text(s, "KITH_CHANNEL", "3");
    set_text(s, "OMP_NUM_THREADS", threads);
    set_text(s, "OPENBLAS_NUM_THREADS", threads);
    set_text(s, "MKL_NUM_THREADS", threads);
    set_unless(s, "PYTHONHASHSEED", "0");
    set_unless(s, "PYTHONUNBUFFERED", "1");
    set_unless(s, "CUBLAS_WORKSPACE_CONFIG", ":4096:8");
    *out = s;
    return KITH_OK;
}

kith_status talk_start(kith_ctx *ctx, child *c, region *r, size_t count)
{
    const int channel[2] = {TALK_CHANNEL, -1};
    child_file file[CHILD_FDS];
    surroundings *s = NULL;
    for (size_t i = 0; i < count; i++) {
        KITH_TRY(region_open(ctx, &r[i]));
        file[i] = (child_file){r[i].fd, TALK_REGIONS + (int)i};
    }
    KITH_TRY(surround(ctx, c, &s));
    c->environment = s->all;
    const kith_status status = child_start(ctx, c, channel, file, count, true);
    c->environment = NULL;
    kith_free(s->all);
    kith_free(s);
    return status;
}

/* ---- talking ---- */

kith_status talk_vsay(kith_ctx *ctx, child *c, const char *format, va_list args)
{
    char text[1024];
    const int length = vsnprintf(text, sizeof text, format, args);
    if (length < 0 || (size_t)length >= sizeof text)
        return kith_fail(ctx, KITH_EINTERNAL, "%s: a line of %d bytes is too long", c->id, length);
    return child_say(ctx, c, text, (size_t)length);
}

kith_status talk_say(kith_ctx *ctx, child *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const kith_status status = talk_vsay(ctx, c, format, args);
    va_end(args);
    return status;
}

kith_status talk_hear(kith_ctx *ctx, child *c, const char **line)
{
    KITH_TRY(child_hear(ctx, c, &c->heard));
    *line = c->line;
    if (strncmp(c->line, "error ", 6) != 0) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s: `%s`: %.600s", c->id, c->command, c->line + 6);
}

void talk_done(child *c)
{
    child_drop(c, c->heard);
}

kith_status talk_ok(kith_ctx *ctx, child *c, size_t count, double *number)
{
    const char *at = NULL;
    char what[64];
    KITH_TRY(talk_hear(ctx, c, &at));
    bool right = strncmp(at, "ok", 2) == 0;
    at += right ? 2 : 0;
    for (size_t i = 0; i < count && right; i++)
        right = *at == ' ' && (at++, child_number(&at, &number[i]));
    if (!right || !child_at_end(at)) {
        snprintf(what, sizeof what, count ? "\"ok\" with %zu number%s" : "\"ok\"", count, count == 1 ? "" : "s");
        return child_garbage(ctx, c, what);
    }
    talk_done(c);
    return KITH_OK;
}

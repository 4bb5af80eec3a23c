#include "launch/commands/authoring/copying.h"

#include "plugin/folders.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_WORDS = 4, TEMPLATE_BYTES = 1 << 16 };

/* A word of the template, and what stands in its place in the copy. */
typedef struct change {
    const char *word, *text;
} change;

typedef struct copying {
    const char *name;
    char build[PATH_MAX]; /* the build tree that the program runs from; "" where it is installed */
    char from[PATH_MAX];  /* the folder of the templates */
    char into[64 + 8];    /* the folder while it is made */
    char word[64];        /* "new-federated" */
    const char *source, *makefile;
    change changes[MOST_WORDS + 1];
} copying;

/* Templates lie beside the modules of a build tree, else where they were installed. */
static void find_templates(copying *c)
{
    char program[PATH_MAX], modules[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    c->build[0] = '\0';
    kith_folders_installed(program, KITH_TEMPLATES_DIR, c->from, sizeof c->from);
    if (!kith_folders_build_tree(program, modules, sizeof modules)) return;
    const char *end = strstr(modules, "/modules/.libs");
    for (const char *next = end; next; next = strstr(next + 1, "/modules/.libs"))
        end = next;
    if (!end) return;
    snprintf(c->build, sizeof c->build, "%.*s", (int)(end - modules), modules);
    const int used = snprintf(c->from, sizeof c->from, "%s/modules/templates", c->build);
    if (used < 0 || (size_t)used >= sizeof c->from) c->from[0] = '\0';
}

static kith_status read_template(kith_ctx *ctx, const char *path, char *text)
{
    errno = 0;
    FILE *in = fopen(path, "re");
    const size_t length = in ? fread(text, 1, TEMPLATE_BYTES, in) : 0;
    const bool bad = !in || ferror(in) || length == TEMPLATE_BYTES;
    if (in) fclose(in);
    text[bad ? 0 : length] = '\0';
    if (!bad) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: the template cannot be read: %s; install " KITH_NAME " again", path,
                     errno ? strerror(errno) : "it is too large");
}

static const change *change_at(const change *changes, const char *text)
{
    for (; changes->word; changes++)
        if (strncmp(text, changes->word, strlen(changes->word)) == 0) return changes;
    return NULL;
}

static void write_changed(FILE *out, const char *text, const change *changes)
{
    while (*text) {
        const change *one = change_at(changes, text);
        if (one)
            fputs(one->text, out);
        else
            fputc(*text, out);
        text += one ? strlen(one->word) : 1;
    }
}

static kith_status write_file(kith_ctx *ctx, const copying *c, const char *file, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", c->into, file);
    FILE *out = fopen(path, "wxe");
    if (out) write_changed(out, text, c->changes);
    const bool bad = !out || ferror(out);
    const int closed = out ? fclose(out) : 0;
    if (!bad && closed == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s/%s: cannot be written: %s", c->name, file, strerror(errno));
}

/* template: its name without what all of its files begin with; file: what the copy is called. */
static kith_status copy_file(kith_ctx *ctx, const copying *c, const char *template, const char *file)
{
    char path[PATH_MAX], *text = NULL;
    const int used = snprintf(path, sizeof path, "%s/%s", c->from, template);
    if (used < 0 || (size_t)used >= sizeof path)
        return kith_fail(ctx, KITH_EIO, "%.80s...: the path is too long", c->from);
    KITH_TRY(KITH_ALLOC(ctx, "template", TEMPLATE_BYTES + 1, &text));
    kith_status status = read_template(ctx, path, text);
    if (status == KITH_OK) status = write_file(ctx, c, file, text);
    kith_free(text);
    return status;
}

static kith_status copy_files(kith_ctx *ctx, const copying *c)
{
    const char *const endings[] = {c->source, ".ini", ".sh"};
    char from[80], to[80];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(from, sizeof from, "%s%s", c->word, endings[i]);
        snprintf(to, sizeof to, "%s%s", c->name, endings[i]);
        KITH_TRY(copy_file(ctx, c, from, strcmp(endings[i], ".sh") ? to : "test.sh"));
    }
    return copy_file(ctx, c, c->makefile, "Makefile");
}

static void remove_unfinished(const copying *c)
{
    const char *const files[] = {c->source, ".ini", "test.sh", "Makefile"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s%s", c->into, files[i][0] == '.' ? c->name : "", files[i]);
        unlink(path);
    }
    rmdir(c->into);
}

static kith_status refuse_existing(kith_ctx *ctx, const char *name)
{
    return kith_fail(ctx, KITH_EUSAGE,
                     "%s: there is such a file or folder here already; choose another name, or move it away", name);
}

/* Under its own name it appears whole, and never in the place of something else. */
static kith_status name_folder(kith_ctx *ctx, const copying *c)
{
    const mode_t mask = umask(0);
    umask(mask);
    if (chmod(c->into, 0777 & ~mask) == 0) {
        if (renameat2(AT_FDCWD, c->into, AT_FDCWD, c->name, RENAME_NOREPLACE) == 0) return KITH_OK;
        struct stat found;
        /* Not every file system can refuse to replace. */
        if ((errno == EINVAL || errno == ENOSYS) && lstat(c->name, &found) != 0 && rename(c->into, c->name) == 0)
            return KITH_OK;
    }
    if (errno == EEXIST || errno == ENOTEMPTY) return refuse_existing(ctx, c->name);
    return kith_fail(ctx, KITH_EIO, "%s: the folder cannot be made: %s", c->name, strerror(errno));
}

kith_status copying_make(kith_ctx *ctx, const char *template, const char *name, char *program, size_t size)
{
    struct stat found;
    const bool python = strcmp(template, "external") == 0;
    copying c = {.name = name, .source = python ? ".py" : ".c", .makefile = python ? "external.mk" : "plugin.mk"};
    find_templates(&c);
    snprintf(program, size, "%s%s", c.build, *c.build ? "/launch/kith" : KITH_NAME);
    snprintf(c.word, sizeof c.word, "new-%s", template);
    snprintf(c.into, sizeof c.into, "%s.XXXXXX", name);
    c.changes[0] = (change){c.word, name};
    c.changes[1] = (change){"@NAME@", name};
    c.changes[2] = (change){"@KITH@", KITH_NAME};
    c.changes[3] = (change){"@BUILD@", c.build};
    if (lstat(name, &found) == 0) return refuse_existing(ctx, name);
    if (!mkdtemp(c.into)) return kith_fail(ctx, KITH_EIO, "%s: the folder cannot be made: %s", name, strerror(errno));
    kith_status status = copy_files(ctx, &c);
    if (status == KITH_OK) status = name_folder(ctx, &c);
    if (status != KITH_OK) remove_unfinished(&c);
    return status;
}

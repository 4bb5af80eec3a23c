/* `kith init`: an experiment of an algorithm, with every key that counts in it. */
#include "launch/command.h"

#include "config/config.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/prepare.h"
#include "plugin/registry.h"
#include "record/aside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_SET = 0x100 };

typedef struct init_options {
    const char *algorithm, *file;
    const char **set; /* [sets] */
    size_t sets;
    char home[PATH_MAX];
} init_options;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    init_options *o = state->input;
    switch (key) {
    case OPTION_SET:
        o->set[o->sets++] = text;
        break;
    case 'o':
        o->file = options_path(state, "-o", text, o->home);
        break;
    case ARGP_KEY_ARG:
        if (o->algorithm) argp_error(state, "%s and %s: one algorithm at a time", o->algorithm, text);
        o->algorithm = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "of which algorithm? '" KITH_NAME " info' lists those there are");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static kith_status write_all(kith_ctx *ctx, const prepared *p, FILE *out)
{
    fprintf(out,
            "# %s: every key that counts with these choices, with its default. Leave away what you do not change:\n"
            "# other choices have other keys. '" KITH_NAME " info NAME' tells what a value may be.\n\n",
            p->name);
    return kith_config_write(ctx, p->config, out, KITH_WRITE_SENTENCES);
}

static kith_status write_file(kith_ctx *ctx, const prepared *p, const char *path)
{
    kith_aside file;
    if (access(path, F_OK) == 0)
        return kith_fail(ctx, KITH_EIO, "%s: is there already; choose another name, or remove it", path);
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_CONFIG, &file));
    const kith_status status = write_all(ctx, p, file.stream);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

static int init(const init_options *o)
{
    prepared p = {0};
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = prepare_algorithm(ctx, o->algorithm, o->set, o->sets, &p);
    if (status == KITH_OK) status = o->file ? write_file(ctx, &p, o->file) : write_all(ctx, &p, stdout);
    say_notes(ctx);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    prepare_free(&p);
    kith_ctx_destroy(ctx);
    return code;
}

int command_init(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"set", OPTION_SET, "SECTION.KEY=VALUE", 0, "Choose something: a model, a topology. May be repeated", 0},
        {"output", 'o', "FILE", 0, "A file instead of standard output", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "ALGORITHM",
        .doc = "Prints an experiment of an algorithm: the keys that count, with what they mean and their defaults."};
    init_options o = {.set = calloc((size_t)argc + 1, sizeof(char *))};
    int code = KITH_EMEMORY;
    if (o.set)
        code = options_parse(&argp, argc, argv, &o) == KITH_OK && o.algorithm ? init(&o) : KITH_EUSAGE;
    else
        say("command line: no memory for %d words", argc);
    free(o.set);
    return code;
}

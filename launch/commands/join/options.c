/* `kith join`: its options. */
#include "launch/command.h"

#include "launch/commands/join/join.h"
#include "launch/services/console.h"
#include "launch/services/options.h"

#include <stdlib.h>
#include <string.h>

typedef struct join_options {
    join_request request;
    const char **place, **by;
    char *out, home[PATH_MAX];
} join_options;

static void take_argument(struct argp_state *state, join_options *o, char *text)
{
    if (o->request.out) {
        o->place[o->request.places++] = text;
        return;
    }
    o->out = strdup(options_path(state, "OUT", text, o->home));
    for (size_t end = o->out ? strlen(o->out) : 0; end > 1 && o->out[end - 1] == '/'; end--)
        o->out[end - 1] = '\0';
    o->request.out = o->out;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    join_options *o = state->input;
    switch (key) {
    case 'b':
        o->by[o->request.bys++] = text;
        break;
    case 'B':
        o->request.other_builds = true;
        break;
    case ARGP_KEY_ARG:
        take_argument(state, o, text);
        break;
    case ARGP_KEY_END:
        if (o->request.places < 2)
            argp_error(state, "a new folder, and two or more with runs are needed: OUT FOLDER FOLDER...");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void tell(const join *j)
{
    if (j->unfinished)
        say("note: %zu run%s did not end, and %s left out", j->unfinished, j->unfinished == 1 ? "" : "s",
            j->unfinished == 1 ? "is" : "are");
    char twins[96] = "";
    if (j->twins)
        snprintf(twins, sizeof twins, "; %zu %s there twice, with the same numbers", j->twins,
                 j->twins == 1 ? "was" : "were");
    say("%s: %zu run%s of %zu folders%s", j->request->out, j->count, j->count == 1 ? "" : "s", j->request->places,
        twins);
}

static int join_all(const join_request *request)
{
    kith_ctx *ctx = kith_ctx_create();
    join j = {.count = 0};
    kith_status status = join_find(ctx, request, &j);
    if (status == KITH_OK) status = join_write(ctx, &j);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    if (status == KITH_OK) {
        say_notes(ctx);
        tell(&j);
    }
    if (j.results) join_free(&j);
    kith_ctx_destroy(ctx);
    return code;
}

int command_join(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"by", 'b', "SECTION.KEY", 0, "What is meant to differ between the folders; may be repeated", 0},
        {"other-builds", 'B', NULL, 0, "Join what different programs or plugins made, too", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "OUT FOLDER FOLDER...",
        .doc = "Joins the runs of several folders, of sweeps on two machines say, in a new one. Folders of different "
               "experiments or builds are refused. A run that is in two of them must have the same numbers, and is "
               "kept once. The folders stay as they are."};
    const size_t words = (size_t)argc + 1;
    join_options o = {.place = calloc(words, sizeof(char *)), .by = calloc(words, sizeof(char *))};
    int code = KITH_EMEMORY;
    if (o.place && o.by) {
        o.request.place = o.place;
        o.request.by = o.by;
        code = options_parse(&argp, argc, argv, &o) == KITH_OK && o.request.out ? join_all(&o.request) : KITH_EUSAGE;
    }
    free(o.place);
    free(o.by);
    free(o.out);
    return code;
}

/* `kith graph`: what a topology looks like and how fast it mixes. */
#include "launch/command.h"

#include "config/config.h"
#include "config/value.h"
#include "launch/services/console.h"
#include "launch/commands/graph/chain.h"
#include "launch/commands/graph/survey.h"
#include "launch/services/options.h"
#include "launch/services/pictures/drawing.h"
#include "plugin/opener.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 64 };

typedef struct graph_options {
    const char *name, *file;
    const char *set[SETS];
    size_t sets;
    char home[PATH_MAX]; /* what `file` lies in, if it begins there */
    uint64_t learners, rounds, seed;
    chain_options chain;
    const char *of_walks, *of_hops; /* options that were given and say nothing without --walk, without --hops */
} graph_options;

/* What is open, in the order of opening. */
typedef struct opened {
    kith_registry *registry;
    kith_config *config;
    kith_instance topology;
} opened;

static void read_whole(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most,
                       uint64_t *out)
{
    /* As in a configuration file: 1e3 is a whole number, too. */
    const kith_param row = {.key = option, .type = KITH_TYPE_INT, .domain = ""};
    kith_value read = {0};
    kith_why why;
    const bool good = kith_value_read(&row, text, &read, &why) && read.integer >= 0;
    const uint64_t value = good ? (uint64_t)read.integer : 0;
    if (!good || value < least || value > most)
        argp_error(state, "--%s %s: a whole number from %llu to %llu is needed", option, text,
                   (unsigned long long)least, (unsigned long long)most);
    *out = value;
}

static bool is_picture(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, ".svg") == 0;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    graph_options *o = state->input;
    switch (key) {
    case 'N':
        read_whole(state, "learners", text, 1, 4294967294, &o->learners);
        break;
    case 'T':
        read_whole(state, "rounds", text, 1, 1000000000, &o->rounds);
        break;
    case 'R':
        read_whole(state, "seed", text, 0, INT64_MAX, &o->seed);
        break;
    case 'S':
        if (o->sets == SETS)
            argp_error(state, "there are more than %d settings", SETS);
        else
            o->set[o->sets++] = text;
        break;
    case 'o':
        if (!is_picture(text))
            argp_error(state, "--output %s: a drawing is an SVG file; give it a name that ends with .svg", text);
        o->file = options_path(state, "-o", text, o->home);
        break;
    case 'W':
        if (!chain_target(text, &o->chain)) argp_error(state, "--walk %s: uniform or degree is needed", text);
        break;
    case 'A':
        o->of_walks = "alpha";
        if (!chain_alphas(text, &o->chain))
            argp_error(state, "--alpha %s: up to %d numbers that are not negative are needed, with commas between",
                       text, CHAIN_ALPHAS);
        break;
    case 'P':
        o->of_walks = "points";
        o->chain.points = text;
        break;
    case 'H':
        o->of_walks = "hops";
        read_whole(state, "hops", text, 1, 1000000000, &o->chain.hops);
        break;
    case 'B':
        o->of_hops = "lr-power";
        if (!chain_lr_power(text, &o->chain))
            argp_error(state, "--lr-power %s: a number from 0.01 to 1 is needed", text);
        break;
    case 'G':
        o->of_hops = "gamma-power";
        if (!chain_gamma_powers(text, &o->chain))
            argp_error(state, "--gamma-power %s: up to %d numbers from 0.01 to 1 are needed, with commas between", text,
                       CHAIN_ALPHAS);
        break;
    case ARGP_KEY_ARG:
        if (o->name) argp_error(state, "%s and %s: one topology at a time", o->name, text);
        o->name = text;
        break;
    case ARGP_KEY_END:
        if (o->of_hops && !o->chain.hops) argp_error(state, "--%s says nothing without --hops; give both", o->of_hops);
        if (o->of_walks && !o->chain.wanted)
            argp_error(state, "--%s says nothing without --walk; give both", o->of_walks);
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which topology? '" KITH_NAME " info' lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* "key=value" and "name.key=value" both set the topology's own parameters. */
static kith_status set(kith_ctx *ctx, kith_config *config, const char *name, const char *text)
{
    const size_t length = strlen(name);
    const bool has_name = strncmp(text, name, length) == 0 && text[length] == '.';
    return has_name ? kith_config_set(ctx, config, text) : kith_config_set_in(ctx, config, name, text, strlen(text));
}

static kith_status open_topology(kith_ctx *ctx, const graph_options *o, opened *p)
{
    const kith_plugin *plugin = NULL;
    KITH_TRY(kith_registry_create(ctx, &p->registry));
    KITH_TRY(kith_config_create(ctx, &p->config));
    KITH_TRY(kith_registry_find(ctx, p->registry, KITH_TOPOLOGY, o->name, "graph", &plugin));
    for (size_t i = 0; i < o->sets; i++)
        KITH_TRY(set(ctx, p->config, o->name, o->set[i]));
    KITH_TRY(kith_instance_bind(ctx, p->config, plugin, &p->topology));
    KITH_TRY(kith_config_finish(ctx, p->config));
    const kith_opener opener = kith_opener_of(p->registry);
    const kith_setting setting = {
        .size = sizeof setting, .learners = o->learners, .seed = o->seed, .rounds = o->rounds, .opener = &opener};
    return kith_instance_create(ctx, &p->topology, &setting);
}

static kith_status draw(kith_ctx *ctx, const graph_options *o, const opened *p)
{
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_of(ctx, p->topology.plugin->ops, p->topology.self, o->learners, 0, &graph));
    const kith_status status = drawing_write(ctx, graph, o->name, o->file);
    kith_graph_free(graph);
    return status;
}

static kith_status tell_chain(kith_ctx *ctx, const graph_options *o, const opened *p)
{
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_of(ctx, p->topology.plugin->ops, p->topology.self, o->learners, 0, &graph));
    const uint32_t promised = ((const kith_topology *)p->topology.plugin->ops)->properties(p->topology.self);
    const kith_status status = chain_tell(ctx, o->name, graph, promised, &o->chain);
    kith_graph_free(graph);
    return status;
}

static kith_status show_graph(kith_ctx *ctx, const graph_options *o, opened *p)
{
    survey s;
    KITH_TRY(open_topology(ctx, o, p));
    KITH_TRY(survey_make(ctx, p->topology.plugin->ops, p->topology.self, o->learners, o->rounds, &s));
    if (o->file) KITH_TRY(draw(ctx, o, p));
    survey_print(o->name, &s);
    if (o->file) printf("drawn           %s%s\n", o->file, s.rounds > 1 ? " (round 0)" : "");
    return o->chain.wanted ? tell_chain(ctx, o, p) : KITH_OK;
}

static void close_all(opened *p)
{
    kith_instance_close(&p->topology);
    if (p->config) kith_config_destroy(p->config);
    if (p->registry) kith_registry_destroy(p->registry);
}

int command_graph(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"learners", 'N', "N", 0, "How many nodes there are (default: 16)", 0},
        {"set", 'S', "KEY=VALUE", 0, "Sets a parameter of the topology; 'info NAME' lists them", 0},
        {"rounds", 'T', "T", 0,
         "The length of the run, and how many rounds are looked at where they differ (default: 1000)", 0},
        {"seed", 'R', "SEED", 0, "The seed of random graphs (default: 1)", 0},
        {"walk", 'W', "TARGET", 0,
         "Tells the eigenvalues of the random walk that visits nodes alike ('uniform') or by their degrees ('degree'), "
         "and what self-repellence makes of its variances",
         0},
        {"alpha", 'A', "LIST", 0, "With --walk: strengths of self-repellence (default: 0,1,2,5,10,20)", 0},
        {"points", 'P', "FILE", 0,
         "With --walk: a number for each node, whose mean the walk is to learn (default: every one-hot vector)", 0},
        {"hops", 'H', "N", 0, "With --walk: also the model's error after N hops", 0},
        {"lr-power", 'B', "B", 0, "With --hops: b of the model's step sizes (n+1)^-b (default: 0.9)", 0},
        {"gamma-power", 'G', "LIST", 0,
         "With --hops: a of the empirical measure's step sizes (n+1)^-a (default: 0.6,0.9,1)", 0},
        {"output", 'o', "FILE", 0, "Draws the graph (of round 0) as SVG, with Graphviz", 0},
        {0}};
    static const struct argp argp = {
        rows,       parse_key,
        "TOPOLOGY", "Describes a topology: edges, degrees, connectivity, sums of its weights, and how fast it mixes.",
        NULL,       NULL,
        NULL};
    graph_options o = {.learners = 16, .rounds = 1000, .seed = 1, .chain = chain_defaults()};
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    if (parsed != KITH_OK || !o.name) return KITH_EUSAGE;
    opened p = {0};
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = show_graph(ctx, &o, &p);
    say_notes(ctx);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    close_all(&p);
    kith_ctx_destroy(ctx);
    return code;
}

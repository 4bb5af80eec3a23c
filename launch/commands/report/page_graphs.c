/* Who heard whom in the last round of a run: a picture of each different graph. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "launch/services/pictures/drawing.h"
#include "launch/services/pictures/svg.h"
#include "launch/services/text/html.h"
#include "launch/commands/report/page.h"
#include "record/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_PICTURES = 12, MOST_LABELLED = 60, MOST_NAMED = 4, MOST_SEEDS = 8 };

/* Weights that differ by less, relatively, are the same: they are sums of rounded numbers. */
static const double slack = 1e-9;

typedef struct extent {
    double least, most;
} extent;

typedef struct picture {
    const kith_net *net;
    drawing_line *line;
    drawing_node *node;
    size_t lines, flips;
    bool mutual, arrows, weighed; /* weighed: not all alike */
    extent weight, score;
} picture;

/* ---- what is drawn ---- */

static int by_ends(const void *a, const void *b)
{
    const kith_net_edge *x = a, *y = b;
    if (x->node != y->node) return x->node < y->node ? -1 : 1;
    return x->heard < y->heard ? -1 : x->heard > y->heard;
}

static const kith_net_edge *way_back(const kith_net *net, const kith_net_edge *e)
{
    const kith_net_edge key = {.node = e->heard, .heard = e->node};
    return bsearch(&key, net->edge, net->listed, sizeof key, by_ends);
}

static bool is_mutual(const kith_net *net)
{
    for (size_t e = 0; e < net->listed; e++)
        if (!way_back(net, &net->edge[e])) return false;
    return true;
}

static bool alike(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= slack * fmax(fabs(a), fabs(b));
}

/* Two edges between two nodes are one line where all edges have a way back, or where they weigh the same. The strengths
 * are weights, for now. */
static void list_lines(picture *p)
{
    for (size_t e = 0; e < p->net->listed; e++) {
        const kith_net_edge *edge = &p->net->edge[e], *back = way_back(p->net, edge);
        if (edge->node == edge->heard) continue;
        const bool both = back && (p->mutual || alike(edge->weight, back->weight));
        if (both && edge->heard > edge->node) continue;
        const double weight = both ? (edge->weight + back->weight) / 2.0 : edge->weight;
        p->line[p->lines++] =
            (drawing_line){.from = edge->heard, .to = edge->node, .both = both, .strength = fabs(weight)};
    }
}

static void scale_strengths(picture *p)
{
    p->weight = (extent){INFINITY, 0.0};
    for (size_t l = 0; l < p->lines; l++) {
        const double weight = p->line[l].strength;
        if (isnan(weight)) p->weight.most = NAN;
        if (weight < p->weight.least) p->weight.least = weight;
        if (weight > p->weight.most) p->weight.most = weight;
    }
    p->weighed = p->lines && !isnan(p->weight.most) && !alike(p->weight.least, p->weight.most);
    for (size_t l = 0; l < p->lines; l++)
        p->line[l].strength = p->weighed ? p->line[l].strength / p->weight.most : NAN;
}

static void list_nodes(picture *p)
{
    const kith_net *net = p->net;
    p->score = (extent){INFINITY, -INFINITY};
    for (size_t i = 0; i < net->nodes && net->score; i++) {
        p->score.least = fmin(p->score.least, net->score[i]);
        p->score.most = fmax(p->score.most, net->score[i]);
    }
    const double spread = p->score.most - p->score.least;
    for (size_t i = 0; i < net->nodes; i++) {
        p->node[i].size = net->score && spread > 0.0 ? (net->score[i] - p->score.least) / spread : NAN;
        p->node[i].marked = net->flipped && net->flipped[i];
        p->flips += p->node[i].marked;
    }
}

static kith_status compose(kith_ctx *ctx, picture *p)
{
    KITH_TRY(KITH_ALLOC(ctx, "a picture", p->net->listed, &p->line));
    KITH_TRY(KITH_ALLOC(ctx, "a picture", (size_t)p->net->nodes, &p->node));
    p->mutual = is_mutual(p->net);
    p->arrows = !p->mutual;
    list_lines(p);
    scale_strengths(p);
    list_nodes(p);
    return KITH_OK;
}

static kith_status take_svg(kith_ctx *ctx, int fd, unsigned number, char **out)
{
    char *drawn = kith_svg_contents(fd);
    *out = drawn ? kith_svg_tidy(drawn, number) : NULL;
    free(drawn);
    return *out ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "no memory for a picture");
}

static kith_status make_svg(kith_ctx *ctx, const picture *p, unsigned number, char **out)
{
    const drawing d = {.title = "graph",
                       .nodes = (size_t)p->net->nodes,
                       .lines = p->lines,
                       .node = p->node,
                       .line = p->line,
                       .directed = p->arrows,
                       .labelled = p->net->nodes <= MOST_LABELLED,
                       .bare = true};
    const int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd < 0) return kith_fail(ctx, KITH_EIO, "no memory for a picture: %s", strerror(errno));
    kith_status status = drawing_draw(ctx, &d, fd);
    if (status == KITH_OK) status = take_svg(ctx, fd, number, out);
    close(fd);
    return status;
}

/* ---- whose it is ---- */

/* How many of a group's runs that count have this graph. */
static size_t runs_with(const kith_group *group, const kith_net *net)
{
    size_t runs = 0;
    for (size_t r = 0; r < group->count; r++)
        runs += group->run[r]->net == net;
    return runs;
}

/* The first run of a graph, by groups; NULL: only runs that do not count have it. */
static const kith_result *first_with(const kith_page *page, const kith_net *net)
{
    for (size_t g = 0; g < page->groups->count; g++)
        for (size_t r = 0; r < page->groups->group[g].count; r++)
            if (page->groups->group[g].run[r]->net == net) return page->groups->group[g].run[r];
    return NULL;
}

static void write_seeds(FILE *out, const kith_group *group, const kith_net *net, size_t runs)
{
    const char *separator = runs == 1 ? " (seed " : " (seeds ";
    size_t named = 0;
    for (size_t r = 0; r < group->count; r++) {
        if (group->run[r]->net != net || ++named > MOST_SEEDS) continue;
        fprintf(out, "%s%" PRIu64, separator, group->run[r]->seed);
        separator = ", ";
    }
    fputs(runs > MOST_SEEDS ? ", …)" : ")", out);
}

static void write_whose(const kith_page *page, const kith_net *net)
{
    const kith_groups *groups = page->groups;
    size_t all = 0, with = 0, named = 0, told = 0;
    for (size_t g = 0; g < groups->count; g++) {
        all += groups->group[g].count;
        with += runs_with(&groups->group[g], net);
    }
    if (all == 1) return;
    fputs("<p class=\"soft same\">", page->out);
    for (size_t g = 0; g < groups->count && with < all; g++) {
        const size_t runs = runs_with(&groups->group[g], net);
        if (runs == 0 || named == MOST_NAMED) continue;
        fputs(named++ ? "; " : "", page->out);
        kith_html_text(page->out, groups->group[g].label);
        if (runs < groups->group[g].count) write_seeds(page->out, &groups->group[g], net, runs);
        told += runs;
    }
    if (with == all)
        fputs("The same in all runs.</p>\n", page->out);
    else if (told < with)
        fprintf(page->out, "; and %zu more runs</p>\n", with - told);
    else
        fputs("</p>\n", page->out);
}

/* ---- words ---- */

static void write_caption(const kith_page *page, const kith_result *run, const picture *p)
{
    const char *topology = kith_result_parameter(run, "run", "topology"), *what = p->mutual ? "link" : "edge";
    const uint64_t count = p->mutual ? p->net->edges / 2 : p->net->edges;
    fputs("<figcaption>", page->out);
    kith_html_text(page->out, topology ? topology : "graph");
    fprintf(page->out, ": %" PRIu64 " learner%s, %" PRIu64 " %s%s</figcaption>\n", p->net->nodes,
            p->net->nodes == 1 ? "" : "s", count, what, count == 1 ? "" : "s");
}

static void write_meaning(const kith_page *page, const picture *p)
{
    const bool scored = p->score.most > p->score.least;
    if (!p->arrows && !p->weighed && !scored) return;
    fputs("<p class=\"soft same\">", page->out);
    if (p->arrows) fputs("Arrows point to who hears. ", page->out);
    if (p->weighed)
        fprintf(page->out, "The darker and thicker a line, the greater its weight (%.3g to %.3g). ", p->weight.least,
                p->weight.most);
    if (scored)
        fprintf(page->out, "The larger a node, the more the learner contributed (%.3g to %.3g).", p->score.least,
                p->score.most);
    fputs("</p>\n", page->out);
}

static void write_key(const kith_page *page, const char *colour, uint64_t learners, const char *labels)
{
    fprintf(page->out,
            "<li class=\"key\"><svg class=\"dot\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" "
            "r=\"5\" fill=\"%s\"/></svg><span>%" PRIu64 " with %s labels</span></li>\n",
            colour, learners, labels);
}

static void write_keys(const kith_page *page, const picture *p)
{
    if (p->flips == 0) return;
    fputs("<ul class=\"legend\">\n", page->out);
    write_key(page, DRAWING_COLOUR, p->net->nodes - p->flips, "true");
    write_key(page, DRAWING_MARKED, p->flips, "flipped");
    fputs("</ul>\n", page->out);
}

/* What keeps Graphviz from drawing takes nothing from the rest of the page. */
static kith_status write_picture(kith_page *page, const picture *p)
{
    char *svg = NULL;
    const kith_status status = make_svg(page->ctx, p, ++page->figures, &svg);
    if (status == KITH_OK) {
        fputs(svg, page->out);
        free(svg);
        write_keys(page, p);
        write_meaning(page, p);
        return KITH_OK;
    }
    if (status != KITH_EIO) return status;
    fputs("<p>Not drawn: ", page->out);
    kith_html_text(page->out, kith_ctx_message(page->ctx));
    fputs(".</p>\n", page->out);
    kith_ctx_forget(page->ctx);
    return KITH_OK;
}

static kith_status write_figure(kith_page *page, const kith_result *run, const kith_net *net)
{
    picture p = {.net = net};
    kith_status status = compose(page->ctx, &p);
    if (status == KITH_OK) {
        fputs("<figure class=\"graph\">", page->out);
        write_caption(page, run, &p);
        status = write_picture(page, &p);
        write_whose(page, net);
        fputs("</figure>\n", page->out);
    }
    kith_free(p.node);
    kith_free(p.line);
    return status;
}

/* ---- the section ---- */

static kith_status write_figures(kith_page *page, size_t *more)
{
    size_t drawn = 0;
    for (size_t n = 0; n < page->results->nets; n++) {
        const kith_net *net = page->results->net[n];
        const kith_result *run = first_with(page, net);
        if (!run || net->listed == 0) continue;
        if (drawn == MOST_PICTURES) {
            ++*more;
            continue;
        }
        if (drawn++ == 0) fputs("<div class=\"figures few\">\n", page->out);
        KITH_TRY(write_figure(page, run, net));
    }
    if (drawn) fputs("</div>\n", page->out);
    return KITH_OK;
}

static void write_unlisted(kith_page *page, const kith_net *net)
{
    fprintf(page->out, "<div><p>Not drawn: ");
    if (net->edges / net->nodes == net->nodes - 1)
        fprintf(page->out, "the complete graph of %" PRIu64 " learners, who all hear each other.</p>\n", net->nodes);
    else
        fprintf(page->out,
                "a graph of %" PRIu64 " learners and %" PRIu64
                " edges. A picture has at most %d learners and %d edges.</p>\n",
                net->nodes, net->edges, KITH_DRAWN_NODES, KITH_DRAWN_EDGES);
    write_whose(page, net);
    fputs("</div>\n", page->out);
}

kith_status kith_page_graphs(kith_page *page)
{
    size_t more = 0;
    if (page->results->nets == 0) return KITH_OK;
    fprintf(page->out, "<h2>Graph%s</h2>\n<p class=\"soft\">Who heard whom in the last round.</p>\n",
            page->results->nets > 1 ? "s" : "");
    KITH_TRY(write_figures(page, &more));
    for (size_t n = 0; n < page->results->nets; n++) {
        const kith_net *net = page->results->net[n];
        if (net->listed == 0 && first_with(page, net)) write_unlisted(page, net);
    }
    if (more) fprintf(page->out, "<p>Not drawn: %zu more graph%s of other runs.</p>\n", more, more == 1 ? "" : "s");
    return KITH_OK;
}

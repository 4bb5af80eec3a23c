#include <kith/graph.h>
#include <math.h>

/* Above every node's number, so that graphs and nodes never share a stream. */
static const uint64_t whole_graph = UINT64_C(1) << 63;

kith_stream kith_graph_stream(uint64_t seed, uint64_t round)
{
    return kith_stream_at(seed, KITH_FOR_TOPOLOGY, whole_graph, round);
}

void kith_row_alone(kith_row *row)
{
    row->count = 1;
    row->from[0] = (uint32_t)row->node;
    row->weight[0] = 1;
}

static void swap(kith_row *row, size_t a, size_t b)
{
    const uint32_t from = row->from[a];
    const double weight = row->weight[a];
    row->from[a] = row->from[b];
    row->weight[a] = row->weight[b];
    row->from[b] = from;
    row->weight[b] = weight;
}

static void sift(kith_row *row, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && row->from[child + 1] > row->from[child]) child++;
        if (row->from[child] <= row->from[at]) return;
        swap(row, at, child);
    }
}

void kith_row_sort(kith_row *row)
{
    for (size_t i = row->count / 2; i-- > 0;)
        sift(row, i, row->count);
    for (size_t end = row->count; end-- > 1;) {
        swap(row, 0, end);
        sift(row, 0, end);
    }
}

static bool holds(const kith_row *row, size_t count, uint32_t node)
{
    for (size_t i = 0; i < count; i++)
        if (row->from[i] == node) return true;
    return false;
}

/* The i-th candidate; without a list, the i-th of all nodes but the row's own. */
static uint32_t candidate(const kith_row *row, const uint32_t *candidates, size_t i)
{
    if (candidates) return candidates[i];
    return (uint32_t)(i + (i >= row->node));
}

/* Floyd's sample without replacement (Bentley and Floyd 1987), for few out of many. */
static void draw_few(kith_stream *s, const uint32_t *candidates, size_t count, size_t peers, kith_row *row)
{
    for (size_t j = count - peers, at = 0; at < peers; j++, at++) {
        const uint32_t drawn = candidate(row, candidates, kith_draw_below(s, j + 1));
        row->from[at] = holds(row, at, drawn) ? candidate(row, candidates, j) : drawn;
    }
}

/* Each is taken with the probability that leaves just enough for the rest (Knuth's algorithm S). */
static void draw_many(kith_stream *s, const uint32_t *candidates, size_t count, size_t peers, kith_row *row)
{
    for (size_t i = 0, at = 0; at < peers; i++)
        if (kith_draw_below(s, count - i) < peers - at) row->from[at++] = candidate(row, candidates, i);
}

void kith_row_pull(uint64_t seed, double rate, size_t nodes, const uint32_t *candidates, size_t count, kith_row *row)
{
    enum { FEW = 32 };
    kith_stream s = kith_stream_at(seed, KITH_FOR_TOPOLOGY, row->node, row->round);
    if (!candidates) count = nodes - 1;
    const double whole = floor(rate);
    size_t peers = whole >= (double)count ? count : (size_t)whole;
    if (kith_draw_uniform(&s) < rate - whole && peers < count) peers++;
    if (peers <= FEW)
        draw_few(&s, candidates, count, peers, row);
    else
        draw_many(&s, candidates, count, peers, row);
    row->count = peers + 1;
    row->from[peers] = (uint32_t)row->node;
    for (size_t i = 0; i <= peers; i++)
        row->weight[i] = 1.0 / (double)(peers + 1);
    kith_row_sort(row);
}

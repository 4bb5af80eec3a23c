#include "record/marks.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEGINNING = 4096, ENDING = 64 };

typedef struct mark {
    kith_product kind;
    const char *begins; /* the file; "": anything does */
    const char *early;  /* somewhere in the first BEGINNING bytes; NULL: nothing is looked for */
    const char *late;   /* somewhere in the last ENDING bytes; NULL: likewise */
} mark;

static const mark marks[] = {
    {KITH_PRODUCT_CONFIG, KITH_MARK_CONFIG, NULL, NULL},
    {KITH_PRODUCT_CONFIG, "[run]\n", "algorithm =", NULL}, /* before it had a first line of its own */
    {KITH_PRODUCT_ARRAY, "\x93NUMPY", NULL, NULL},
    {KITH_PRODUCT_TENSORS, "", "{\"__metadata__\":{\"format\":\"pt\",\"kith\":\"", NULL},
    {KITH_PRODUCT_POLICIES, "policy,weight,", NULL, NULL},
    {KITH_PRODUCT_PARTITION, "# learner,example: ", NULL, NULL},
    {KITH_PRODUCT_EVALUATION, "measure,row,column,episodes,value,low,high\n", NULL, NULL},
    {KITH_PRODUCT_EXPORT, "run,name,algorithm,seed,", NULL, NULL},
    {KITH_PRODUCT_EXPORT, "round,learner,version,visit,steps,", NULL, NULL},
    {KITH_PRODUCT_EXPORT, "run,round,learner,version,visit,", NULL, NULL},
    {KITH_PRODUCT_EXPORT, "{\"run\":\"", "\"algorithm\":\"", NULL},
    {KITH_PRODUCT_EVENTS, "", "brain.Event:2", NULL},
    {KITH_PRODUCT_REPORT, "<!DOCTYPE html>\n", " \xe2\x80\x93 Kith report</title>", NULL},
    {KITH_PRODUCT_FIGURE, "<?xml ", NULL, KITH_MARK_SVG},
    {KITH_PRODUCT_FIGURE, "%PDF-", NULL, KITH_MARK_PDF},
    {KITH_PRODUCT_FIGURE, "\x89PNG", NULL, "tEXtSoftware"},
    {KITH_PRODUCT_TABLE, "arm,label,x,mean,sd,n\n", NULL, NULL},
    {KITH_PRODUCT_TABLE, "weights,models,aligned,loss_of_mean,", NULL, NULL},
    {KITH_PRODUCT_TABLE, "first,second,aligned,t,loss,accuracy\n", NULL, NULL},
    {KITH_PRODUCT_TABLE, "first,second,aligned,loss_barrier,at,", NULL, NULL},
    {KITH_PRODUCT_TABLE, "model,aligned,x,y,loss,accuracy\n", NULL, NULL},
    {KITH_PRODUCT_PICTURE, "<", NULL, KITH_MARK_SVG},
    {KITH_PRODUCT_PICTURE, "\x89PNG", NULL, "tEXtSoftware"},
    {KITH_PRODUCT_REPLAY, "", "\nteam 0: ", NULL},
    {KITH_PRODUCT_PENDING, KITH_MARK_PENDING, NULL, NULL},
};

const char *kith_product_name(kith_product kind)
{
    static const char *const names[KITH_PRODUCTS] = {
        [KITH_PRODUCT_CONFIG] = "a run's configuration",
        [KITH_PRODUCT_ARRAY] = "a NumPy array",
        [KITH_PRODUCT_TENSORS] = "a model's tensors",
        [KITH_PRODUCT_POLICIES] = "a table of policies",
        [KITH_PRODUCT_PARTITION] = "a partition",
        [KITH_PRODUCT_EVALUATION] = "an evaluation",
        [KITH_PRODUCT_EXPORT] = "an export",
        [KITH_PRODUCT_EVENTS] = "a file of events",
        [KITH_PRODUCT_REPORT] = "a report",
        [KITH_PRODUCT_FIGURE] = "a figure",
        [KITH_PRODUCT_TABLE] = "a figure's table",
        [KITH_PRODUCT_PICTURE] = "a picture",
        [KITH_PRODUCT_REPLAY] = "a replay",
        [KITH_PRODUCT_PENDING] = "a run's pending numbers",
    };
    return names[kind];
}

/* What of a file is looked at. */
typedef struct glimpse {
    char first[BEGINNING], last[ENDING];
    size_t begins, ends; /* bytes of each */
} glimpse;

/* false: it cannot be read. */
static bool take_glimpse(int folder, const char *name, glimpse *g)
{
    struct stat found;
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    if (good) {
        const ssize_t first = pread(fd, g->first, sizeof g->first, 0);
        const ssize_t last = pread(fd, g->last, sizeof g->last, found.st_size > ENDING ? found.st_size - ENDING : 0);
        good = first >= 0 && last >= 0;
        g->begins = good ? (size_t)first : 0;
        g->ends = good ? (size_t)last : 0;
    }
    if (fd >= 0) close(fd);
    return good;
}

static bool fits(const mark *m, const glimpse *g)
{
    const size_t length = strlen(m->begins);
    if (g->begins < length || memcmp(g->first, m->begins, length) != 0) return false;
    if (m->early && !memmem(g->first, g->begins, m->early, strlen(m->early))) return false;
    return !m->late || memmem(g->last, g->ends, m->late, strlen(m->late));
}

bool kith_product_is(kith_product kind, const char *path)
{
    glimpse g;
    if (!take_glimpse(AT_FDCWD, path, &g)) return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i].kind == kind && fits(&marks[i], &g)) return true;
    return g.begins == 0;
}

bool kith_product_marked(kith_product kind, const char *path)
{
    glimpse g;
    const mark *m = marks;
    while (m->kind != kind)
        m++;
    return take_glimpse(AT_FDCWD, path, &g) && fits(m, &g);
}

bool kith_product_known(int folder, const char *name)
{
    glimpse g;
    if (!take_glimpse(folder, name, &g)) return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i].kind > KITH_PRODUCT_ARRAY && fits(&marks[i], &g)) return true;
    return false;
}

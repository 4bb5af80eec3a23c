/* By what the files of this program are known again: each kind begins, or ends, with a text that others do not have.
 *
 * An output replaces a file of its own kind only; whatever else has the name that was given is kept.
 * Ownership: nothing is kept. Threads: any.
 */
#ifndef KITH_MARKS_H
#define KITH_MARKS_H

#include <stdbool.h>

typedef enum kith_product {
    KITH_PRODUCT_CONFIG,     /* config.ini */
    KITH_PRODUCT_ARRAY,      /* model.npy, learners.npy, policies.npy: as any NumPy array */
    KITH_PRODUCT_TENSORS,    /* model.safetensors: with metadata of ours */
    KITH_PRODUCT_POLICIES,   /* policies.csv */
    KITH_PRODUCT_PARTITION,  /* partition.save */
    KITH_PRODUCT_EVALUATION, /* kith eval -o */
    KITH_PRODUCT_EXPORT,     /* kith export -o, csv or jsonl */
    KITH_PRODUCT_EVENTS,     /* kith export -f tensorboard */
    KITH_PRODUCT_REPORT,     /* kith report */
    KITH_PRODUCT_FIGURE,     /* kith plot, kith landscape: SVG, PDF or PNG */
    KITH_PRODUCT_TABLE,      /* kith plot, kith landscape: the numbers */
    KITH_PRODUCT_PICTURE,    /* kith graph -o, kith eval --replay: SVG or PNG */
    KITH_PRODUCT_REPLAY,     /* kith eval --replay, as text */
    KITH_PRODUCT_PENDING,    /* kith.db-pending */
    KITH_PRODUCTS
} kith_product;

/* What the writers of files without a first line of their own put into them. */
#define KITH_MARK_CONFIG                                                                                               \
    "# What a run came to: every parameter with its value. It can be run again under another name.\n"
#define KITH_MARK_SVG "<!-- kith -->\n" /* after the root element */
#define KITH_MARK_PDF "%kith\n"         /* after the end-of-file mark, as a comment */

#define KITH_MARK_PENDING "kith: numbers that wait for the database of run "

/* "a partition": what the kind is called in messages. */
const char *kith_product_name(kith_product kind);
/* Whether a file is of the kind, or is empty. */
bool kith_product_is(kith_product kind, const char *path);
/* Whether a file has what this version puts first into one of the kind; an empty one has not. */
bool kith_product_marked(kith_product kind, const char *path);
/* Whether a file is of any kind that can be told from other programs' files: all but arrays and configurations. */
bool kith_product_known(int folder, const char *name);

#endif

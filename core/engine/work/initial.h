/* Where learners, versions and tokens begin: at a model that is drawn, or at the one of a file (run.init).
 *
 * The frame reads the file on worker 0, so that it need not be on all hosts. A domain shares one copy while an engine
 * is opened.
 * Threads: one per worker.
 */
#ifndef KITH_INITIAL_H
#define KITH_INITIAL_H

#include "exchange/exchange.h"
#include "plugin/registry.h"

#include <kith/model.h>

typedef struct kith_initial {
    kith_board *board; /* (rows, d); NULL: the model is drawn */
    size_t rows;       /* 1, or one for each learner */
    uint64_t digest;   /* of the file's bytes, on worker 0; 0: there is no file */
} kith_initial;

/* [all] */
void kith_initial_close(kith_initial *initial);

/* The first model x (d) of a learner, version or token. Drawn numbers come from the stream. */
kith_status kith_initial_model(kith_ctx *ctx, const kith_initial *initial, const kith_instance *model, size_t dimension,
                               kith_stream *stream, const char *whose, size_t number, kith_real *x) KITH_CHECKED;

#endif

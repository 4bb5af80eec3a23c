/* What every worker of `kith run` and `kith sweep` does before anything else.
 *
 * Ownership: the exchange is the caller's. Threads: one.
 */
#ifndef KITH_LAUNCH_WORKER_H
#define KITH_LAUNCH_WORKER_H

#include "exchange/exchange.h"
#include "launch/services/options.h"

enum { WORKER_TEXT_SIZE = 2048, WORKER_ENVIRONMENT_SIZE = WORKER_TEXT_SIZE + 1024 };

/* [all] Starts BLAS and joins the others. `fingerprint`, of WORKER_TEXT_SIZE, gets "key=value" lines: what has to be
 * equal on all workers for their bits to be. After a failure without *out, the worker whose ctx has a message
 * speaks. */
kith_status worker_join(kith_ctx *ctx, size_t domains, bool launched, char *fingerprint,
                        kith_exchange **out) KITH_CHECKED;
/* The record's environment, of WORKER_ENVIRONMENT_SIZE: the fingerprint's lines, how workers are arranged, processor
 * and libraries. */
void worker_environment(char *text, size_t size, const char *fingerprint, const kith_place *place, kith_dealing deal);
/* Appends the experiment and what --set sets, as they would be typed: what a shell would not take for one word is put
 * between quotation marks. */
void worker_add_experiment(char *line, size_t size, const run_options *options);

/* [all] The message of the failure that all agree on, which its speaker alone has: to `out` on every worker, or "".
 * `mine`: "" on workers that do not speak. */
void worker_share_message(kith_exchange *exchange, const char *mine, char *out, size_t size);

/* Words a failure of this worker, which speaks; of one on another host than the first, with that host's name. Returns
 * the exit code. exchange: NULL where there is none. */
int worker_say_failure(const kith_ctx *ctx, const kith_exchange *exchange, kith_status status);

/* Becomes one worker, which listens to signals, or the parent of many where -n asks for them. Returns the exit code,
 * worded. */
int worker_start(const run_options *options, int (*be_worker)(const run_options *options, bool launched));

#endif

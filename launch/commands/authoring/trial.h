/* Trials of a plugin, for `kith check`: each loads it anew in a process of its own, does one thing with it, and ends as
 * one line of output. A plugin that crashes, hangs or ends the process takes its trial along and nothing else.
 *
 * Ownership: what a trial opens ends with its process; bodies close what they can so that the same works in one
 * process, for debuggers. Threads: one. Errors: a body fails as everything does; its message is what the line says.
 */
#ifndef KITH_LAUNCH_TRIAL_H
#define KITH_LAUNCH_TRIAL_H

#include "config/config.h"
#include "plugin/registry.h"
#include <kith/kith.h>
#include <limits.h>

/* Numbers that trials may leave for later ones to be compared with. */
enum { TRIAL_NUMBERS = 1 << 21, TRIAL_PLACES = 2 };
/* What runs left is in the first place. */
enum { TRIAL_RUN = 0, TRIAL_OTHER = 1 };

/* What trials' processes share with the one that waits for them. */
typedef struct trial_shared {
    int done;
    kith_status status;
    char text[2048], detail[512];
    char place[256]; /* the callback that was under way when the process died; "" if it is not known */
    uint32_t kind, role;
    char id[64];
    int skipped;
    size_t count[TRIAL_PLACES];
    kith_real number[TRIAL_PLACES][TRIAL_NUMBERS];
} trial_shared;

typedef struct subject {
    const char *path;
    const char **sets;
    size_t set_count;
    size_t workers;     /* of the trial with several; 1: there is none */
    size_t seconds;     /* a trial that takes longer is ended, whatever it does */
    bool in_process;    /* nothing is forked */
    const char *only;   /* other trials than those with this in their names are left out; NULL: none are */
    const char *folder; /* for files, the trials' own */
    trial_shared *shared;
    size_t passed, failed;
    size_t meant; /* trials that `only` names */
} subject;

typedef struct trial {
    subject *subject;
    trial_shared *shared;
    kith_ctx *ctx;
    kith_registry *registry;
    const kith_plugin *plugin; /* loaded, but in the first trial */
    kith_config *config;       /* with the user's settings; of trial_create */
} trial;

typedef kith_status (*trial_body)(trial *t, const void *arg);

/* Prints "ok - NAME" or "not ok - NAME: why". `shift`: addresses and the bytes of fresh memory differ with it. Returns
 * whether it passed, or was left out. */
bool trial_make(subject *s, const char *name, size_t shift, trial_body body, const void *arg);
/* A trial that others build on, so that it is never left out. */
bool trial_need(subject *s, const char *name, trial_body body, const void *arg);
/* The first half of a trial that takes two processes: it is silent where it passes. */
bool trial_begin(subject *s, const char *name, size_t shift, trial_body body, const void *arg);
/* What the line adds to the name of a trial that passes, or that was ended: where it was. */
void trial_tell(trial *t, const char *format, ...) KITH_PRINTF(2, 3);
/* The trial does not apply: its line says so. */
kith_status trial_skip(trial *t, const char *why);

/* A setting of the user's in full: "key=value" is one of the plugin's own. */
kith_status trial_set(trial *t, kith_config *config, const char *text) KITH_CHECKED;
/* The plugin with the user's settings, created. */
kith_status trial_create(trial *t, const kith_setting *setting, kith_instance *out) KITH_CHECKED;
void trial_close(trial *t, kith_instance *instance);
/* Keeps numbers, or compares with those that are kept there, to the last bit: `what` names them. */
void trial_keep(trial *t, size_t place, size_t count, const kith_real *x);
kith_status trial_compare(trial *t, size_t place, size_t count, const kith_real *x, const char *what,
                          const char *remedy) KITH_CHECKED;

/* Bytes that are allocated; 0 where the C library does not tell. */
size_t trial_memory(void);

/* The trials of each kind. */
void trial_all_runs(subject *s);
void trial_all_models(subject *s);
void trial_all_graphs(subject *s);
void trial_all_data(subject *s);
void trial_all_games(subject *s);

/* What the kinds' trials need of each other: */
typedef struct trial_shape {
    const char *word;
    kith_shape shape;
    const char *dataset; /* one of this shape without files; NULL: there is none */
} trial_shape;
extern const trial_shape trial_shapes[];
extern const size_t trial_shape_count;
/* How many learners there are, or nodes: run.learners of the user, or 8. */
size_t trial_learners(const trial *t);
/* The setting that an instance of the plugin's kind gets; shape: for models. */
kith_setting trial_setting(trial *t, size_t learners, const kith_shape *shape);

#endif

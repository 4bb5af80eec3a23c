#include "launch/services/options.h"

#include "launch/services/console.h"

#include <stdio.h>
#include <stdlib.h>

bool options_words_open(option_words *w, size_t room)
{
    *w = (option_words){.word = calloc(room, sizeof *w->word), .made = calloc(room, sizeof *w->made)};
    if (w->word && w->made) return true;
    say("command line: no memory for %zu words", room);
    return false;
}

void options_words_add(option_words *w, struct argp_state *state, const struct argp_option *rows, int key,
                       const char *value)
{
    const struct argp_option *row = rows;
    char *word = NULL;
    while (row->key != key)
        row++;
    if (asprintf(&word, "--%s%s%s", row->name, value ? "=" : "", value ? value : "") < 0) {
        argp_error(state, "no memory for the command line");
        return;
    }
    w->made[w->mades++] = word;
    w->word[w->words++] = word;
}

bool options_words_end(option_words *w, const char *const *text, size_t count, run_options *run)
{
    const char **grown = reallocarray(w->word, w->words + 1 + count, sizeof *grown);
    if (!grown) {
        say("command line: no memory for %zu words", count);
        return false;
    }
    w->word = grown;
    w->word[w->words++] = "--";
    for (size_t i = 0; i < count; i++)
        w->word[w->words++] = text[i];
    run->words = w->word;
    run->word_count = w->words;
    return true;
}

void options_words_free(option_words *w)
{
    for (size_t i = 0; i < w->mades; i++)
        free(w->made[i]);
    free(w->made);
    free((void *)w->word);
    *w = (option_words){.words = 0};
}

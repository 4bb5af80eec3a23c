#include "trial.h"
void trial_all_games(subject *s) { trial_all_runs(s); }

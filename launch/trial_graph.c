#include "trial.h"
void trial_all_graphs(subject *s) { trial_all_runs(s); }

#include "trial.h"
void trial_all_models(subject *s) { trial_all_runs(s); }

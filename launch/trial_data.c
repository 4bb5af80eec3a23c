#include "trial.h"
void trial_all_data(subject *s) { trial_all_runs(s); }

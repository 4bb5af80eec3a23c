#include "engine/participation/settings.h"

#define CLOCK(field) offsetof(kith_participation_config, field)
#define MODELLED     "timed = yes || participation.kind = clock || @clock || local.deadline > 0"
#define DRAWN_LINKS  "times = '' & timed = yes || times = '' & participation.kind = clock || times = '' & @clock"

const kith_param kith_clock_params[] = {
    {"timed", KITH_TYPE_BOOL, "participation.kind = cohort || @decentralized & !@clock || @walk", CLOCK(timed), "no",
     "", "",
     "Whether a round lasts as long as its steps and messages take; without it there is no virtual time but that of "
     "participation.kind = clock and of pairs that meet on the clock."},
    {"times", KITH_TYPE_PATH, MODELLED, CLOCK(times), "", "", "",
     "A file of lines `learner,seconds_per_step,up,down,latency` in place of speeds and links that are drawn: s, "
     "bytes/s, bytes/s (0: infinite), s."},
    {"links", KITH_TYPE_PATH, "timed = yes & @decentralized || timed = yes & @walk || @clock", CLOCK(links), "", "", "",
     "A file of lines `from,to,latency,bandwidth`: what the link from one learner to another has in place of what the "
     "two have; s, bytes/s (0: infinite)."},
    {"compute", KITH_TYPE_CHOICE, MODELLED, CLOCK(compute), "exponential",
     "constant|exponential|lognormal|half-normal|uniform", "", "The distribution of the time of one local step."},
    {"compute_time", KITH_TYPE_REAL, "times = ''", CLOCK(compute_time), "1", "(0,inf)", "s",
     "The mean time of one local step."},
    {"compute_sigma", KITH_TYPE_REAL, "compute = lognormal", CLOCK(compute_sigma), "1", "[0,inf)", "",
     "The standard deviation of the logarithm for compute = lognormal."},
    {"speed_sigma", KITH_TYPE_REAL, "times = ''", CLOCK(speed_sigma), "0", "[0,inf)", "",
     "Learners' speeds are lognormal with median 1 and this sigma."},
    {"latency", KITH_TYPE_REAL, DRAWN_LINKS, CLOCK(latency), "0", "[0,inf)", "s",
     "Time of an empty message, each way."},
    {"bandwidth", KITH_TYPE_REAL, "bandwidth_down = 0 || bandwidth_up = 0", CLOCK(bandwidth), "0", "[0,inf)", "bytes/s",
     "Of the median learner's link, each way; 0: infinite."},
    {"bandwidth_down", KITH_TYPE_REAL, DRAWN_LINKS, CLOCK(bandwidth_down), "0", "[0,inf)", "bytes/s",
     "From the server to the learner; 0: as bandwidth."},
    {"bandwidth_up", KITH_TYPE_REAL, DRAWN_LINKS, CLOCK(bandwidth_up), "0", "[0,inf)", "bytes/s",
     "From the learner to the server; 0: as bandwidth."},
    {"link_sigma", KITH_TYPE_REAL, "bandwidth > 0 || bandwidth_down > 0 || bandwidth_up > 0", CLOCK(link_sigma), "0",
     "[0,inf)", "", "Learners' bandwidths are lognormal with this sigma, one factor for both ways."},
};
const size_t kith_clock_param_count = sizeof kith_clock_params / sizeof kith_clock_params[0];

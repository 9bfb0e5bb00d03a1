/* The rows of the signal rules, for registry.c. */
#ifndef SY_SIGNAL_RULES_H
#define SY_SIGNAL_RULES_H

#include "signal/signal.h"

extern const SySignalRule sy_signal_twin_spread, sy_signal_spread, sy_signal_crossover,
    sy_signal_crossover_1d;

#endif

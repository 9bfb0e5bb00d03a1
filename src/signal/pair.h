/* The rules for a pair of mirrored legs. */
#ifndef SY_SIGNAL_PAIR_H
#define SY_SIGNAL_PAIR_H

#include "signal/signal.h"

extern const SySignalRule sy_signal_twin_spread;
extern const SySignalRule sy_signal_spread;

#endif

/* What libFuzzer calls with one input after the other; returns 0. */
#ifndef SY_FUZZ_FUZZ_H
#define SY_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif

/* C face of the C++ library's shortest decimal text of a double. */
#ifndef SY_BASE_NUMBER_SHIM_H
#define SY_BASE_NUMBER_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the shortest text that strtod reads back as `value` (finite), without a terminating NUL,
 * plain from 1e-5 to 1e15 and with an exponent beyond. Returns its length. Cost: about 50 ns, a
 * tenth of trying printf with 15, 16 and 17 digits.
 * Source: std::to_chars of libstdc++, Ryu, Adams (2018), PLDI */
#define SY_NUMBER_SIZE 40
size_t sy_number_shortest(char buffer[SY_NUMBER_SIZE], double value);

#ifdef __cplusplus
}
#endif

#endif

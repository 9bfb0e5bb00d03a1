/* std::to_chars for C. It cannot fail: no double needs more than the buffer in the form chosen. */
#include "base/number_shim.h"

#include <charconv>
#include <cmath>

size_t sy_number_shortest(char buffer[SY_NUMBER_SIZE], double value) {
    double size = std::fabs(value);
    bool plain = value == 0 || (size >= 1e-5 && size < 1e15);
    std::to_chars_result end =
        std::to_chars(buffer, buffer + SY_NUMBER_SIZE, value,
                      plain ? std::chars_format::fixed : std::chars_format::scientific);
    return static_cast<size_t>(end.ptr - buffer);
}

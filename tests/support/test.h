/* cmocka with the headers that it forgets to include. */
#ifndef SY_TESTS_SUPPORT_TEST_H
#define SY_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

/* Two doubles within an absolute tolerance of each other; two NaN are equal. */
#define assert_near(actual, expected, tolerance)                                                   \
    do {                                                                                           \
        double near_a = (actual), near_b = (expected);                                             \
        if (!(fabs(near_a - near_b) <= (tolerance)) && !(isnan(near_a) && isnan(near_b)) &&        \
            near_a != near_b)                                                                      \
            fail_msg("%s = %.17g, expected %.17g within %g", #actual, near_a, near_b,              \
                     (double)(tolerance));                                                         \
    } while (0)

#endif

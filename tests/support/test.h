/* cmocka with the headers that it forgets to include. */
#ifndef SY_TESTS_SUPPORT_TEST_H
#define SY_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif

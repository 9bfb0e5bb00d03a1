/* An HTTP server on the loopback, in a thread of the test, that answers as it is told. */
#ifndef SY_TESTS_SUPPORT_HTTP_H
#define SY_TESTS_SUPPORT_HTTP_H

#include <glib.h>

typedef struct TestHttp TestHttp;

#define TEST_HTTP_HANG "hang" /* takes the request and stays silent */

/* Answers each request with the next of `answers` ("200 OK", "429 Slow\r\nRetry-After: 120",
 * TEST_HTTP_HANG; NULL-terminated), which must live as long, the last of them for ever. */
TestHttp *test_http_start(const char *const *answers);
void test_http_stop(TestHttp *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestHttp, test_http_stop)

/* Answers from here on with these. */
void test_http_answer(TestHttp *http, const char *const *answers);

/* "http://127.0.0.1:PORT/path". Free with g_free. */
char *test_http_url(const TestHttp *http, const char *path);

/* How many requests it has had; one of them, head and body, from 0. Free with g_free. */
guint test_http_count(TestHttp *http);
char *test_http_request(TestHttp *http, guint i);

/* Waits until it has had `n` requests; fails the test after `seconds`. */
void test_http_wait(TestHttp *http, guint n, double seconds);

#endif

/* One request a connection, one connection at a time; those that hang are kept open to the end. */
#include "http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

struct TestHttp {
    int fd, stop, port;
    GThread *thread;
    GMutex lock;
    const char *const *answers;
    GPtrArray *requests; /* char * */
    GArray *hanging;     /* int */
};

static char *read_request(int fd) {
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        g_string_append_len(text, buffer, n);
        const char *end = strstr(text->str, "\r\n\r\n");
        const char *length = strcasestr(text->str, "content-length:");
        gsize body = length ? (gsize)atoi(length + strlen("content-length:")) : 0;
        if (end && strlen(end + 4) >= body)
            break;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char *take_answer(TestHttp *http, char *request) {
    g_mutex_lock(&http->lock);
    g_ptr_array_add(http->requests, request);
    const char *answer = *http->answers;
    if (http->answers[1])
        http->answers++;
    g_mutex_unlock(&http->lock);
    return answer;
}

static void serve_one(TestHttp *http, int fd) {
    const char *answer = take_answer(http, read_request(fd));
    if (strcmp(answer, TEST_HTTP_HANG) == 0) {
        g_array_append_val(http->hanging, fd);
        return;
    }
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", answer);
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
        /* who asked has gone: it is not the server's test */
    }
    close(fd);
}

static gpointer serve(gpointer data) {
    TestHttp *http = data;
    for (;;) {
        struct pollfd wait[] = {{.fd = http->stop, .events = POLLIN},
                                {.fd = http->fd, .events = POLLIN}};
        poll(wait, G_N_ELEMENTS(wait), -1);
        if (wait[0].revents)
            return NULL;
        int fd = accept4(http->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            serve_one(http, fd);
    }
}

TestHttp *test_http_start(const char *const *answers) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    TestHttp *http = g_new0(TestHttp, 1);
    g_mutex_init(&http->lock);
    http->answers = answers;
    http->requests = g_ptr_array_new_with_free_func(g_free);
    http->hanging = g_array_new(FALSE, FALSE, sizeof(int));
    http->stop = eventfd(0, EFD_CLOEXEC);
    http->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(http->fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(http->fd, 16), 0);
    assert_int_equal(getsockname(http->fd, (struct sockaddr *)&address, &length), 0);
    http->port = ntohs(address.sin_port);
    http->thread = g_thread_new("http", serve, http);
    return http;
}

void test_http_stop(TestHttp *http) {
    const guint64 one = 1;
    assert_true(write(http->stop, &one, sizeof one) == sizeof one);
    g_thread_join(http->thread);
    for (guint i = 0; i < http->hanging->len; i++)
        close(g_array_index(http->hanging, int, i));
    close(http->fd);
    close(http->stop);
    g_array_unref(http->hanging);
    g_ptr_array_unref(http->requests);
    g_mutex_clear(&http->lock);
    g_free(http);
}

void test_http_answer(TestHttp *http, const char *const *answers) {
    g_mutex_lock(&http->lock);
    http->answers = answers;
    g_mutex_unlock(&http->lock);
}

char *test_http_url(const TestHttp *http, const char *path) {
    return g_strdup_printf("http://127.0.0.1:%d/%s", http->port, path);
}

guint test_http_count(TestHttp *http) {
    g_mutex_lock(&http->lock);
    guint n = http->requests->len;
    g_mutex_unlock(&http->lock);
    return n;
}

char *test_http_request(TestHttp *http, guint i) {
    g_mutex_lock(&http->lock);
    char *text = i < http->requests->len ? g_strdup(http->requests->pdata[i]) : NULL;
    g_mutex_unlock(&http->lock);
    if (!text)
        fail_msg("there was no request %u", i);
    return text;
}

void test_http_wait(TestHttp *http, guint n, double seconds) {
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * 1e6);
    while (test_http_count(http) < n) {
        if (g_get_monotonic_time() > end)
            fail_msg("%u requests after %g s, not %u", test_http_count(http), seconds, n);
        g_usleep(10000);
    }
}

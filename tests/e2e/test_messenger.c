/* systematica-messenger against a server of our own on the loopback. */
#include "test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "cli.h"
#include "store/messages.h"

/* A server that answers each request with the next of `answers`, and keeps the bodies. */
typedef struct {
    int fd;
    const char *const *answers; /* status lines with headers; NULL-terminated */
    GPtrArray *bodies;          /* char * */
    GThread *thread;
} Server;

static char *read_body(int fd) {
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        g_string_append_len(text, buffer, n);
        const char *end = strstr(text->str, "\r\n\r\n");
        const char *length = strcasestr(text->str, "content-length:");
        if (end && length && strlen(end + 4) >= (gsize)atoi(length + strlen("content-length:")))
            return g_strdup(end + 4);
    }
    return g_strdup("");
}

static gpointer serve(gpointer data) {
    Server *server = data;
    for (const char *const *answer = server->answers; *answer; answer++) {
        int fd = accept(server->fd, NULL, NULL);
        g_ptr_array_add(server->bodies, read_body(fd));
        g_autofree char *text = g_strdup_printf(
            "HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", *answer);
        assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        close(fd);
    }
    return NULL;
}

/* Starts it; the port. */
static int serve_start(Server *server, const char *const *answers) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *server = (Server){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                       .answers = answers,
                       .bodies = g_ptr_array_new_with_free_func(g_free)};
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    server->thread = g_thread_new("server", serve, server);
    return ntohs(address.sin_port);
}

static SyStore *open_store(const char *folder) {
    g_autoptr(GError) error = NULL;
    SyStore *store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error);
    if (!store)
        fail_msg("%s", error->message);
    return store;
}

static void queue(SyStore *store, const char *messenger, const char *key, SyTime created) {
    const SyMessage message = {.messenger = (char *)messenger,
                               .key = (char *)key,
                               .level = (char *)"alarm",
                               .study = (char *)"dale",
                               .run = 3,
                               .title = (char *)"dale: outdated",
                               .text = (char *)"no bar \"x\"\n",
                               .created = created};
    bool folded;
    assert_true(sy_store_add_message(store, &message, &folded, NULL));
}

static SyTime next_due(SyStore *store) {
    SyTime next = 0;
    assert_true(sy_store_next_message(store, &next, NULL));
    return next;
}

static void test_messenger__delivers_waits_and_gives_up_as_the_server_says(void **state) {
    (void)state;
    static const char *const answers[] = {"200 OK", "429 Slow\r\nRetry-After: 120", "404 Gone",
                                          NULL};
    Server server;
    int port = serve_start(&server, answers);
    g_autofree char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *settings = g_strdup_printf(
        "[messengers.ops]\nurl = { file = \"hook\" }\n[messengers.file]\nurl = \"log:\"\n");
    g_autofree char *hook = g_strdup_printf("http://127.0.0.1:%d/secret-token", port);
    test_write(folder, ".workflow/settings.toml", settings);
    test_write(folder, "hook", hook);
    g_autoptr(SyStore) store = open_store(folder);
    SyTime now = sy_env_now(&sy_env_real);
    queue(store, "ops", "a", now);
    queue(store, "file", "b", now);
    g_auto(TestRun) first = test_run_expect(folder, "systematica-messenger", "", 0);
    assert_true(next_due(store) == SY_TIME_NONE);
    g_autofree char *log = test_read(folder, ".workflow/logs/dale.log");
    assert_non_null(strstr(log, "message: dale: outdated: no bar"));
    queue(store, "ops", "c", now); /* 429 */
    g_auto(TestRun) second = test_run_expect(folder, "systematica-messenger", "", 0);
    SyTime next = next_due(store), after = sy_env_now(&sy_env_real);
    assert_true(next >= now + 120 * SY_SECOND && next <= after + 120 * SY_SECOND);
    queue(store, "ops", "d", now);  /* 404 */
    queue(store, "gone", "e", now); /* no such messenger */
    g_auto(TestRun) third = test_run_expect(folder, "systematica-messenger", "", 0);
    assert_int_equal(next_due(store), next);
    g_thread_join(server.thread);
    close(server.fd);
    assert_int_equal(server.bodies->len, 3);
    const char *body = server.bodies->pdata[0];
    assert_non_null(strstr(body, "\"level\":\"alarm\",\"study\":\"dale\",\"run\":3"));
    assert_non_null(strstr(body, "\"text\":\"no bar \\\"x\\\"\\n\""));
    /* nobody answers any more: it waits, and the token stays in its file */
    queue(store, "ops", "f", now);
    g_auto(TestRun) last = test_run_expect(folder, "systematica-messenger", "", 0);
    next = next_due(store);
    assert_true(next >= now + 30 * SY_SECOND && next <= sy_env_now(&sy_env_real) + 30 * SY_SECOND);
    g_autofree char *all = test_read(folder, ".workflow/logs/dale.log");
    assert_non_null(strstr(all, "HTTP status 404"));
    assert_non_null(strstr(all, "[messengers] has no"));
    assert_null(strstr(all, "secret-token"));
    g_ptr_array_unref(server.bodies);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messenger__delivers_waits_and_gives_up_as_the_server_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

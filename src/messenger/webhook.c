/* Messages as JSON by HTTP POST. The answer's status says how it went: 2xx is delivered; 408, 429
 * and 5xx, and no answer at all, may be better later; anything else is final. */
#include <curl/curl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "messenger/messenger.h"

extern const SyMessenger sy_messenger_webhook;

enum { connect_ms = 5000, answer_ms = 15000 };

static char *body_of(const SyMessageText *message) {
    char created[SY_TIME_TEXT_SIZE];
    json_t *root =
        json_pack("{s:s, s:s?, s:I, s:s, s:s, s:s, s:s, s:I}", "level", message->level, "study",
                  message->study, "run", (json_int_t)message->run, "title", message->title, "text",
                  message->text, "created", sy_time_format(message->created, created), "key",
                  message->key, "count", (json_int_t)message->count);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* What the server says is of no interest, only its status. */
static size_t ignore(char *bytes, size_t size, size_t n, void *data) {
    (void)bytes;
    (void)data;
    return size * n;
}

static CURLcode post(CURL *curl, const char *url, const char *body, struct curl_slist *headers) {
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)answer_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "systematica/" SY_VERSION);
    return curl_easy_perform(curl);
}

static bool judge(CURL *curl, CURLcode code, SyRefusal *refusal, GError **error) {
    long status = 0;
    curl_off_t wait = 0;
    if (code != CURLE_OK)
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "the webhook did not answer: %s",
                       curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    if (status >= 200 && status < 300)
        return true;
    bool later = status == 408 || status == 429 || status >= 500;
    refusal->final = !later;
    refusal->retry_after = wait > 0 ? (double)wait : NAN;
    return sy_fail(error, later ? SY_ERROR_UNAVAILABLE : SY_ERROR_FAILED,
                   "the webhook answered with HTTP status %ld", status);
}

static bool deliver(const char *url, const SyMessageText *message, SyLog *log, SyRefusal *refusal,
                    GError **error) {
    (void)log;
    *refusal = (SyRefusal){.retry_after = NAN};
    CURL *curl = curl_easy_init();
    if (!curl)
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "the network library cannot be started");
    char *body = body_of(message);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    bool good = judge(curl, post(curl, url, body, headers), refusal, error);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(body);
    return good;
}

const SyMessenger sy_messenger_webhook = {
    .name = "webhook",
    .summary = "A JSON object by HTTP POST.",
    .schemes = (const char *const[]){"http", "https", NULL},
    .deliver = deliver,
};

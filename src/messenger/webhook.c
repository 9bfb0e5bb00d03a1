/* A webhook: the message as JSON by POST, signed where a secret is given. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "messenger/rows.h"
#include "messenger/webhook.h"

typedef struct {
    char *url, *secret;
    double timeout;
} Config;

static bool check_url(const char *text, GError **error) {
    return g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://") ||
           sy_fail(error, SY_ERROR_USAGE, "not a URL that begins with https:// or http://");
}

static const SyField fields[] = {
    SY_FIELD(Config, url, .required = true, .check = check_url,
             .help = "Where the message is sent by POST, as a JSON object: id, level, kind, study, "
                     "run, title, text, count, created, key. 2xx: it was taken; 429 and 5xx, and "
                     "no reply: it is sent again, after Retry-After where that is given; anything "
                     "else is final. The id is the same in each attempt. Never shown."),
    SY_FIELD(Config, secret,
             .help = "Signs the body: X-Systematica-Signature: sha256=… is its HMAC-SHA256 in "
                     "hexadecimal. Never shown."),
    SY_FIELD(Config, timeout, .fallback = "10", .min = 0.1, .max = 30, .unit = "seconds",
             .help = "How long one attempt may take."),
};
static const SyFieldTable table = SY_FIELD_TABLE(Config, fields);

static void set_text(json_t *object, const char *key, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_object_set_new(object, key, json_string(valid));
}

char *sy_webhook_body(const SyMessageText *message) {
    char created[SY_TIME_TEXT_SIZE];
    json_t *object = json_pack("{s:I, s:s, s:s}", "id", (json_int_t)message->id, "level",
                               message->level, "kind", message->kind);
    if (message->study)
        set_text(object, "study", message->study);
    if (message->run)
        json_object_set_new(object, "run", json_integer(message->run));
    set_text(object, "title", message->title);
    set_text(object, "text", message->text);
    json_object_set_new(object, "count", json_integer(message->count));
    set_text(object, "created", sy_time_format(message->created, created));
    set_text(object, "key", message->key);
    char *dumped = json_dumps(object, JSON_COMPACT), *text = g_strdup(dumped);
    free(dumped);
    json_decref(object);
    return text;
}

char *sy_webhook_signature(const char *secret, const char *body) {
    g_autofree char *digest = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret,
                                                        strlen(secret), body, (gssize)strlen(body));
    return g_strconcat("sha256=", digest, NULL);
}

static bool judge(const SyHttpReply *reply, SyAttempt *attempt, GError **error) {
    enum {
        too_many = 429,
        timed_out = 408,
        first_good = 200,
        after_good = 300,
        first_server = 500
    };
    int status = reply->status;
    if (status >= first_good && status < after_good)
        return true;
    attempt->final = status < first_server && status != too_many && status != timed_out;
    attempt->retry_after = reply->retry_after;
    return sy_fail(error, attempt->final ? SY_ERROR_FAILED : SY_ERROR_UNAVAILABLE,
                   "the server answers with status %d", status);
}

static bool deliver(gconstpointer data, const SyMessageText *message, SyHttpSend send,
                    SyAttempt *attempt, GError **error) {
    const Config *config = data;
    g_autofree char *body = sy_webhook_body(message);
    g_autofree char *signature = config->secret ? sy_webhook_signature(config->secret, body) : NULL;
    g_autofree char *signed_by = g_strconcat("X-Systematica-Signature: ", signature, NULL);
    const char *headers[] = {"Content-Type: application/json", signature ? signed_by : NULL, NULL};
    const SyHttpRequest request = {.method = "POST",
                                   .url = config->url,
                                   .headers = headers,
                                   .body = body,
                                   .timeout = config->timeout};
    SyHttpReply reply = {0};
    *attempt = (SyAttempt){.retry_after = NAN};
    return send(&request, &reply, error) && judge(&reply, attempt, error);
}

const SyMessenger sy_messenger_webhook = {
    .name = "webhook",
    .summary = "A POST with JSON to a URL, signed on request.",
    .fields = &table,
    .secret_keys = (const char *const[]){"url", "secret", NULL},
    .deliver = deliver,
};

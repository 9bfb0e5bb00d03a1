/* HTTP by libcurl: linked into systematica-messenger only. */
#include <curl/curl.h>
#include <math.h>

#include "base/error.h"
#include "net/http.h"

/* As much of a reply's body as is taken before the connection is closed. */
enum { BODY_MAX = 1 << 20, MILLI = 1000 };

static size_t drop(char *data, size_t size, size_t n, void *taken) {
    size_t *sum = taken;
    (void)data;
    *sum += size * n;
    return *sum > BODY_MAX ? 0 : size * n;
}

static void set_options(CURL *handle, const SyHttpRequest *request, struct curl_slist *headers,
                        size_t *taken) {
    curl_easy_setopt(handle, CURLOPT_URL, request->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    if (request->body)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(request->timeout * MILLI));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "systematica/" SY_VERSION);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, taken);
}

static struct curl_slist *headers_of(const SyHttpRequest *request) {
    struct curl_slist *headers = NULL;
    for (const char *const *header = request->headers; header && *header; header++)
        headers = curl_slist_append(headers, *header);
    return headers;
}

bool sy_http_send(const SyHttpRequest *request, SyHttpReply *reply, GError **error) {
    CURL *handle = curl_easy_init();
    if (!handle)
        return sy_fail(error, SY_ERROR_FAILED, "the HTTP client does not start");
    struct curl_slist *headers = headers_of(request);
    size_t taken = 0;
    set_options(handle, request, headers, &taken);
    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
    *reply = (SyHttpReply){.status = (int)status,
                           .retry_after = retry_after > 0 ? (double)retry_after : NAN};
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
    /* a body that was too long is no failure: the status has come */
    return code == CURLE_OK || (code == CURLE_WRITE_ERROR && status) ||
           sy_fail(error, SY_ERROR_UNAVAILABLE, "no reply: %s", curl_easy_strerror(code));
}

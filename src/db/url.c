/* URLs of servers, taken apart. */
#include "db/url.h"

#include <string.h>

#include "base/error.h"

const char *sy_db_url_option(char *const *options, const char *key) {
    for (; *options; options += 2)
        if (strcmp(options[0], key) == 0)
            return options[1];
    return NULL;
}

/* Adds a value without its %-escapes, unless it is empty. */
static bool add(GPtrArray *options, const char *key, const char *value, gsize length,
                const char *masked, GError **error) {
    g_autofree char *escaped = g_strndup(value, length);
    char *plain = g_uri_unescape_string(escaped, NULL);
    if (!plain)
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: a %% in it begins no escape (write %%25 for the character itself)",
                       masked);
    if (!*plain) {
        g_free(plain);
        return true;
    }
    g_ptr_array_add(options, g_strdup(key));
    g_ptr_array_add(options, plain);
    return true;
}

/* user:password@; *rest moves behind it. */
static bool read_user(const char **rest, GPtrArray *options, const char *masked, GError **error) {
    gsize user = strcspn(*rest, ":/@");
    const char *after = *rest + user, *at = *after == '@' ? after : NULL;
    if (*after == ':')
        at = strchr(after, '@');
    if (!at)
        return true;
    if (strchr(at + 1, '@') && strcspn(at + 1, "@") < strcspn(at + 1, "/?"))
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: holds more than one @; write %%40 for one within a password", masked);
    bool good = add(options, "user", *rest, user, masked, error) &&
                (at == after ||
                 add(options, "password", after + 1, (gsize)(at - after - 1), masked, error));
    *rest = at + 1;
    return good;
}

/* host:port, [::1]:port; `length` characters. */
static bool read_host(const char *text, gsize length, GPtrArray *hosts, GPtrArray *ports,
                      const char *masked, GError **error) {
    const char *end = text + length, *host = text, *host_end, *port;
    if (length && *text == '[') {
        host = text + 1;
        host_end = memchr(text, ']', length);
        if (!host_end)
            return sy_fail(error, SY_ERROR_TEMPLATE, "%s: a host in [ has no ]", masked);
        port = host_end + 1;
    } else {
        const char *colon = *text == '/' ? NULL : memchr(text, ':', length);
        host_end = port = colon ? colon : end;
    }
    g_autofree char *number = port < end ? g_strndup(port + 1, (gsize)(end - port - 1)) : NULL;
    guint64 value;
    if ((port < end && *port != ':') ||
        (number && *number && !g_ascii_string_to_unsigned(number, 10, 1, 65535, &value, NULL)))
        return sy_fail(error, SY_ERROR_TEMPLATE, "%s: the port must be a number up to 65535",
                       masked);
    g_ptr_array_add(hosts, g_strndup(host, (gsize)(host_end - host)));
    g_ptr_array_add(ports, number ? g_steal_pointer(&number) : g_strdup(""));
    return true;
}

/* key=value&…; hosts among them are gathered. */
static bool read_query(const char *text, GPtrArray *options, GPtrArray *hosts, GPtrArray *ports,
                       const char *masked, GError **error) {
    g_autofree char *query = g_strdelimit(g_strdup(text), "+", ' ');
    g_auto(GStrv) pairs = g_strsplit(query, "&", -1);
    for (char **pair = pairs; *pair; pair++) {
        char *equals = strchr(*pair, '=');
        if (!**pair)
            continue;
        if (!equals)
            return sy_fail(error, SY_ERROR_TEMPLATE, "%s: what follows ? must be key=value&…",
                           masked);
        *equals = '\0';
        if (strcmp(*pair, "host") == 0) {
            g_autofree char *host = g_uri_unescape_string(equals + 1, NULL);
            if (!host)
                return sy_fail(error, SY_ERROR_TEMPLATE, "%s: a %% in host= begins no escape",
                               masked);
            if (!read_host(host, strlen(host), hosts, ports, masked, error))
                return false;
        } else if (!add(options, *pair, equals + 1, strlen(equals + 1), masked, error)) {
            return false;
        }
    }
    return true;
}

static void add_joined(GPtrArray *options, const char *key, GPtrArray *values) {
    bool any = false;
    for (guint i = 0; i < values->len; i++)
        any |= *(const char *)values->pdata[i] != '\0';
    if (!any)
        return;
    g_ptr_array_add(values, NULL);
    g_ptr_array_add(options, g_strdup(key));
    g_ptr_array_add(options, g_strjoinv(",", (char **)values->pdata));
}

bool sy_db_url_options(const char *rest, const char *masked, char ***options, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func(g_free);
    if (!read_user(&rest, found, masked, error))
        return false;
    gsize host = strcspn(rest, "/?");
    if (host && !read_host(rest, host, hosts, ports, masked, error))
        return false;
    rest += host;
    if (*rest == '/') {
        gsize name = strcspn(rest + 1, "?");
        if (!add(found, "dbname", rest + 1, name, masked, error))
            return false;
        rest += 1 + name;
    }
    if (*rest == '?' && !read_query(rest + 1, found, hosts, ports, masked, error))
        return false;
    add_joined(found, "host", hosts);
    add_joined(found, "port", ports);
    g_ptr_array_add(found, NULL);
    *options = (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
    return true;
}

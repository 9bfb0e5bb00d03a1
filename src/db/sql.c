/* A scanner of SQL tokens and the few rewritings that stand on it. */
#include "db/sql.h"

#include <string.h>

typedef enum { END, BLANK, QUOTED, WORD, PARAMETER, OTHER } Kind;

typedef struct {
    Kind kind;
    const char *text;
    gsize length;
} Token;

static bool starts_word(char c) { return g_ascii_isalpha(c) || c == '_' || (c & 0x80); }

static bool continues_word(char c) { return starts_word(c) || g_ascii_isdigit(c) || c == '$'; }

/* Past a text in quotes; a doubled quote stands for itself, a backslash escapes in E'…'. */
static const char *skip_quoted(const char *p, bool backslash) {
    char quote = *p++;
    for (; *p; p++)
        if ((backslash && *p == '\\' && p[1]) || (*p == quote && p[1] == quote))
            p++;
        else if (*p == quote)
            return p + 1;
    return p;
}

/* Past a block comment; they nest. */
static const char *skip_comment(const char *p) {
    int depth = 0;
    do {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            depth--;
            p += 2;
        } else {
            p++;
        }
    } while (*p && depth > 0);
    return p;
}

/* Past $tag$…$tag$, or NULL where a dollar begins none. */
static const char *skip_dollar(const char *p) {
    gsize tag = 1;
    while (p[tag] != '$' && continues_word(p[tag]))
        tag++;
    if (p[tag] != '$' || g_ascii_isdigit(p[1]))
        return NULL;
    g_autofree char *fence = g_strndup(p, tag + 1);
    const char *end = strstr(p + tag + 1, fence);
    return end ? end + tag + 1 : p + strlen(p);
}

static Token next(const char *p) {
    Token token = {.kind = OTHER, .text = p};
    const char *end = p + 1, *after;
    if (!*p) {
        token.kind = END;
        end = p;
    } else if (g_ascii_isspace(*p)) {
        token.kind = BLANK;
    } else if (p[0] == '-' && p[1] == '-') {
        token.kind = BLANK;
        end = p + strcspn(p, "\n");
    } else if (p[0] == '/' && p[1] == '*') {
        token.kind = BLANK;
        end = skip_comment(p);
    } else if (*p == '\'' || *p == '"') {
        token.kind = QUOTED;
        end = skip_quoted(p, false);
    } else if ((*p == 'E' || *p == 'e') && p[1] == '\'') {
        token.kind = QUOTED;
        end = skip_quoted(p + 1, true);
    } else if (*p == '$' && (after = skip_dollar(p))) {
        token.kind = QUOTED;
        end = after;
    } else if (*p == '?' && g_ascii_isdigit(p[1])) {
        token.kind = PARAMETER;
        while (g_ascii_isdigit(*end))
            end++;
    } else if (starts_word(*p)) {
        token.kind = WORD;
        while (continues_word(*end))
            end++;
    } else if (g_ascii_isdigit(*p)) { /* so that 1e5 holds no word */
        while (continues_word(*end) || *end == '.')
            end++;
    }
    token.length = (gsize)(end - p);
    return token;
}

static Token next_solid(const char *p) {
    Token token = next(p);
    while (token.kind == BLANK)
        token = next(token.text + token.length);
    return token;
}

static bool is(Token token, const char *word) {
    return token.kind == WORD && strlen(word) == token.length &&
           g_ascii_strncasecmp(token.text, word, token.length) == 0;
}

static bool is_any(Token token, const char *const *words) {
    for (; *words; words++)
        if (is(token, *words))
            return true;
    return false;
}

static Token after(Token token) { return next_solid(token.text + token.length); }

static bool is_semicolon(Token token) { return token.kind == OTHER && *token.text == ';'; }

bool sy_sql_is_one(const char *sql) {
    Token token = next_solid(sql);
    if (token.kind == END || is_semicolon(token))
        return false;
    while (token.kind != END && !is_semicolon(token))
        token = after(token);
    while (is_semicolon(token))
        token = after(token);
    return token.kind == END;
}

char *sy_sql_number_parameters(const char *sql) {
    GString *text = g_string_new(NULL);
    for (Token token = next(sql); token.kind != END; token = next(token.text + token.length)) {
        g_string_append_len(text, token.text, (gssize)token.length);
        if (token.kind == PARAMETER)
            text->str[text->len - token.length] = '$';
    }
    return g_string_free(text, FALSE);
}

bool sy_sql_reads_only(const char *sql) {
    static const char *const readers[] = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", NULL};
    static const char *const writers[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", NULL};
    Token token = next_solid(sql);
    while (token.kind == OTHER && *token.text == '(')
        token = after(token);
    bool reads = is_any(token, readers);
    for (; reads && token.kind != END; token = after(token))
        reads = !is_any(token, writers);
    return reads;
}

/* The table of CREATE TABLE [IF NOT EXISTS] name; `token` is TABLE. */
static Token table_name(Token token) {
    static const char *const between[] = {"IF", "NOT", "EXISTS", NULL};
    do
        token = after(token);
    while (is_any(token, between));
    return token;
}

/* Lets the numbers of a column go on above those stored. */
static void append_numbering(GString *sql, Token table, Token column) {
    g_autofree char *in = g_strndup(table.text, table.length);
    g_autofree char *of = g_strndup(column.text, column.length);
    g_string_append_printf(sql,
                           "\n;\nSELECT setval(pg_get_serial_sequence('%s', '%s'), "
                           "coalesce((SELECT max(%s) FROM %s), 0) + 1, false)",
                           in, of, of, in);
}

char *sy_sql_translate_schema(const char *sql) {
    static const struct {
        const char *theirs, *ours;
    } types[] = {{"INTEGER", "BIGINT"}, {"REAL", "DOUBLE PRECISION"}, {"BLOB", "BYTEA"}};
    GString *text = g_string_new(NULL);
    g_autoptr(GString) numbering = g_string_new(NULL);
    Token table = {.kind = END, .text = ""}, word = table;
    for (Token token = next(sql); token.kind != END; token = next(token.text + token.length)) {
        const char *instead = NULL;
        if (is(token, "TABLE"))
            table = table_name(token);
        for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
            if (is(token, types[i].theirs))
                instead = types[i].ours;
        if (is(token, "INTEGER") && is(after(token), "PRIMARY")) {
            instead = "BIGINT GENERATED BY DEFAULT AS IDENTITY";
            append_numbering(numbering, table, word); /* the word before is the column */
        }
        if (token.kind == WORD)
            word = token;
        if (instead)
            g_string_append(text, instead);
        else
            g_string_append_len(text, token.text, (gssize)token.length);
    }
    g_string_append(text, numbering->str);
    return g_string_free(text, FALSE);
}

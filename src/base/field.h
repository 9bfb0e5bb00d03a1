/* Field tables: one row per key of a configuration struct. The parser of templates and settings,
 * the command line, `explain`, the reference docs, shell completion and the contract tests read
 * these rows.
 *
 *     typedef struct { int window; double upper; } OuConfig;
 *     static const SyField ou_fields[] = {
 *         SY_FIELD(OuConfig, window, .unit = "bars", .min = 20, .max = 1e6, .fallback = "365",
 *                  .help = "Rows used for one fit."),
 *     };
 *     const SyFieldTable ou_table = SY_FIELD_TABLE(OuConfig, ou_fields);
 */
#ifndef SY_BASE_FIELD_H
#define SY_BASE_FIELD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

typedef enum {
    SY_FIELD_BOOL,      /* bool */
    SY_FIELD_INT,       /* int */
    SY_FIELD_DOUBLE,    /* double; inf and nan as in TOML; NaN = not given */
    SY_FIELD_TEXT,      /* char *; NULL = not given */
    SY_FIELD_TEXTS,     /* char **, NULL-terminated; NULL = not given */
    SY_FIELD_NUMBERS,   /* SyNumbers: a number or an array of numbers */
    SY_FIELD_LABELS,    /* SyLabels: true, false or an array of texts or whole numbers */
    SY_FIELD_ENUM,      /* unsigned: index into choices */
    SY_FIELD_TIMEFRAME, /* SyTimeframe; all zero = not given */
    SY_FIELD_MAP,       /* SyMap: inline table of texts */
    SY_FIELD_GROUP,     /* inline table whose keys are `members`, stored in the same struct */
    SY_FIELD_NODE,      /* const SyNode *: a table that the section's owner reads; NULL = not given;
                           borrowed from the document */
    SY_FIELD_JSON,      /* SyJson: a table of anything, for programs */
} SyFieldKind;

/* One number for all, one per column, or amounts at moments. */
typedef struct {
    double *value; /* [n] */
    gsize n;       /* 0 = not given */
    SyTime *time;  /* [n] of a dated list, in its order; NULL = not dated */
} SyNumbers;

/* Whether all columns belong together, or which of them do: those of one label. */
typedef struct {
    bool all;
    char **label; /* NULL-terminated, one per column; NULL = as `all` says */
} SyLabels;

/* Texts by name, in the order of the file. */
typedef struct {
    char **key, **value; /* [n] */
    gsize n;
} SyMap;

/* A table as one line of JSON. */
typedef struct {
    char *text; /* NULL = not given */
} SyJson;

/* One spelling of an enum. `also` lists further spellings; all compare by sy_text_equal_loosely. */
typedef struct {
    const char *name;
    const char *help;
    const char *const *also; /* NULL-terminated, or NULL */
} SyChoice;

struct SyNode; /* template/node.h */
typedef struct SyField SyField;

struct SyField {
    const char *key;
    SyFieldKind kind;
    size_t offset;
    const char *unit;     /* "bars", "seconds", "fraction"; NULL = none */
    double min, max;      /* inclusive bounds of numbers; both 0 = none */
    bool above_min;       /* the lower bound itself is excluded */
    bool required;        /* no fallback: the key must be there */
    const char *fallback; /* as it would be written in TOML; NULL = not given (NaN, NULL, 0) */
    const char *help;
    size_t
        given; /* command line: offset of a bool that says whether the option was there; 0: none */
    const char *metavar;     /* command line: TEXT, INTEGER, TIME … ; NULL = by kind */
    const SyChoice *choices; /* SY_FIELD_ENUM: [n_choices] */
    gsize n_choices;
    const char *const *also; /* other names of the key, NULL-terminated, or NULL */
    const SyField *members;  /* SY_FIELD_GROUP: [n_members], offsets in the same struct */
    gsize n_members;
    /* Refuses a text or timeframe-like value with a reason; NULL = any. */
    bool (*check)(const char *text, GError **error);
    /* The key is known but any value is refused, with this reason; the row needs no member. */
    const char *refused;
    /* SY_FIELD_DOUBLE: this text may stand in place of a number ("auto"); it is stored as NaN. */
    const char *word;
    bool or_number; /* SY_FIELD_TEXT: a number may stand in its place, and is stored as its text */
    bool or_list;   /* SY_FIELD_NODE: an array may stand in place of the table */
    bool or_dated;  /* SY_FIELD_NUMBERS: a list of { time, amount } may stand in place of numbers */
};

typedef struct {
    const SyField *rows; /* [n] */
    gsize n;
    gsize size; /* of the struct that the offsets point into */
} SyFieldTable;

/* clang-format off */
#define SY_FIELD_KIND_OF(member) _Generic((member),                                                 \
    bool: SY_FIELD_BOOL, int: SY_FIELD_INT, double: SY_FIELD_DOUBLE, char *: SY_FIELD_TEXT,            \
    char **: SY_FIELD_TEXTS, SyNumbers: SY_FIELD_NUMBERS, unsigned: SY_FIELD_ENUM,                     \
    SyTimeframe: SY_FIELD_TIMEFRAME, SyMap: SY_FIELD_MAP, SyLabels: SY_FIELD_LABELS, const struct SyNode *: SY_FIELD_NODE,            \
    SyJson: SY_FIELD_JSON)
#define SY_FIELD_AS(key_text, type, member, ...)                                                     \
    {.key = key_text, .kind = SY_FIELD_KIND_OF(((type *)0)->member),                                  \
     .offset = offsetof(type, member), __VA_ARGS__}
#define SY_FIELD(type, member, ...) SY_FIELD_AS(#member, type, member, __VA_ARGS__)
#define SY_FIELD_TABLE(type, fields) {(fields), G_N_ELEMENTS(fields), sizeof(type)}
#define SY_CHOICES(array) .choices = (array), .n_choices = G_N_ELEMENTS(array)
/* clang-format on */

/* Zeroes `target` and stores every row's fallback. A fallback that does not parse is our own
 * mistake. */
void sy_fields_init(const SyFieldTable *table, gpointer target);

/* Frees what the rows own inside `target`. */
void sy_fields_clear(const SyFieldTable *table, gpointer target);

/* Stores a value given as text (a fallback, an option of the command line).
 * Lists are separated by commas. Errors: SY_ERROR_USAGE with key, value, bounds. */
bool sy_field_set_text(const SyField *field, gpointer target, const char *text, GError **error);

/* Stores one value after checking it against the row; each replaces what was there.
 * Errors: SY_ERROR_USAGE, message starting with the key. */
bool sy_field_set_number(const SyField *field, gpointer target, double value, GError **error);
bool sy_field_set_string(const SyField *field, gpointer target, const char *value, GError **error);
void sy_field_set_bool(const SyField *field, gpointer target, bool value);
/* SY_FIELD_TEXTS; NULL-terminated. */
bool sy_field_set_texts(const SyField *field, gpointer target, const char *const *values,
                        GError **error);
/* SY_FIELD_NUMBERS; n > 0, bounds hold for each. */
bool sy_field_set_numbers(const SyField *field, gpointer target, const double *values, gsize n,
                          GError **error);
/* SY_FIELD_NUMBERS with or_dated; n > 0, bounds hold for each. */
bool sy_field_set_dated(const SyField *field, gpointer target, const SyTime *times,
                        const double *values, gsize n, GError **error);
/* SY_FIELD_LABELS; NULL-terminated. */
void sy_field_set_labels(const SyField *field, gpointer target, const char *const *labels);
/* SY_FIELD_MAP; the two lists are NULL-terminated and of one length. */
bool sy_field_set_map(const SyField *field, gpointer target, const char *const *keys,
                      const char *const *values, GError **error);

/* SY_FIELD_JSON; the text is copied. */
void sy_field_set_json(const SyField *field, gpointer target, const char *text);

/* SY_FIELD_NODE. */
void sy_field_set_node(const SyField *field, gpointer target, const struct SyNode *node);

/* The row of a key (or of one of its other names), or NULL. */
const SyField *sy_field_find(const SyField *rows, gsize n, const char *key);

/* The choice that a text spells, or NULL. */
const SyChoice *sy_choice_find(const SyField *field, const char *text);

/* "integer", "number", "text", "one of a, b", … for help and errors. Free with g_free. */
char *sy_field_describe(const SyField *field);

/* "0 < x ≤ 1", "≥ 20", or "" where there is no bound. Free with g_free. */
char *sy_field_bounds(const SyField *field);

void sy_map_clear(SyMap *map);
const char *sy_map_get(const SyMap *map, const char *key); /* NULL where absent */

#endif

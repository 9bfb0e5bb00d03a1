/* Parameters that are tuned: what values each may take, as numbers, on a unit scale, and as TOML.
 */
#ifndef SY_TUNE_PARAMETER_H
#define SY_TUNE_PARAMETER_H

#include "template/form.h"

typedef enum {
    SY_PARAMETER_NUMBER,
    SY_PARAMETER_WHOLE,
    SY_PARAMETER_CHOICE, /* a value is the index of a choice */
} SyParameterKind;

typedef struct {
    char *name; /* "signal.long_entries" */
    SyFormKey key;
    SyField *own; /* key.field of a key that only the user's program knows, owned; else NULL */
    const SyNode *node; /* in [tune.parameters], for messages */
    SyParameterKind kind;
    double low, high;
    double step;   /* 0: any number between the two */
    bool log;      /* even on a logarithmic scale */
    char **choice; /* [n_choices] as TOML spells them: "auto" with its quotes, true, 3 */
    char **label;  /* [n_choices] without quotes */
    gsize n_choices;
} SyParameter;

void sy_parameter_clear(SyParameter *parameter);

/* How many values there are; 0: a continuum. */
gsize sy_parameter_count(const SyParameter *parameter);

/* Value number k, 0 ≤ k < count, in ascending order. Numbers are those that twelve decimal digits
 * name, so that text and value are the same bits. */
double sy_parameter_nth(const SyParameter *parameter, gsize k);

/* The value at a place of the unit scale, 0 ≤ unit ≤ 1: each of `count` values has an equal part;
 * of a continuum, numbers of six digits. */
double sy_parameter_at(const SyParameter *parameter, double unit);

/* The place of a value: the middle of its part. sy_parameter_at of it is the value. */
double sy_parameter_place(const SyParameter *parameter, double value);

/* As TOML spells it: 0.5, 12, "auto", true. Free with g_free. */
char *sy_parameter_text(const SyParameter *parameter, double value);

/* The value that a text of sy_parameter_text spells; false where it is none of the parameter's. */
bool sy_parameter_read(const SyParameter *parameter, const char *text, double *value);

#endif

/* What a model learnt on each split. */
#ifndef SY_DATA_FIT_H
#define SY_DATA_FIT_H

#include <glib.h>

/* One split: rows [train_start, train_end) are learnt from, [test_start, test_end) are decided. */
typedef struct {
    gsize train_start, train_end, test_start, test_end;
} SySplit;

/* One row per split of the fit report. */
typedef struct {
    SySplit split;
    gsize pairs;          /* complete training pairs */
    double tau;           /* Kendall's tau-b */
    const char *family;   /* static text: "StudentT" */
    const char *rotation; /* static text: "R0" … "R270" */
    gsize parameters;     /* how many of parameter[] are used */
    double parameter[2];  /* theta | rho, nu | theta, delta */
    double loglik, aic, bic;
} SyFit;

#endif

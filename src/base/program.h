/* Which program this is and what it runs on: two runs of equal data give equal bits where all of
 * this is equal. */
#ifndef SY_BASE_PROGRAM_H
#define SY_BASE_PROGRAM_H

typedef struct {
    const char *version;   /* "0.1.0" */
    const char *build;     /* 64 hex digits over the compiled code of the core */
    const char *library;   /* the C library, whose exp and log ours uses: "glibc 2.36" */
    const char *processor; /* class: what the C library chooses its kernels by: "x86_64 fma avx2" */
} SyProgram;

/* Static; the same for the life of the process. */
const SyProgram *sy_program(void);

#endif

/* Student's t by polynomials: what the conditional distributions of a copula evaluate thousands of
 * times at one nu.
 *
 * Quantiles are analytic in s = -ln(2p), whose nearest singularity is at -ln 2 (p = 1). Of
 * the distribution function, P(T <= -x) = e^(-r²) Q(r) with r² = ½ν ln(1 + x²/ν), Q is analytic in
 * r but for r² = ±iπνk: both allow panels that widen as they leave 0, on which 24 terms leave less
 * than rounding does. */
#include "num/student_table.h"

#include <glib.h>
#include <math.h>

#include "num/student.h"

static const double quantile_edges[SY_TABLE_PANELS + 1] = {0, 1.2, 3.8, 8, 14, 21, 29, 38};
static const double cdf_edges[SY_TABLE_PANELS + 1] = {0, 1.5, 3, 5.5, 9, 14, 21, 32};

typedef double (*NodeFunction)(const SyStudent *student, double at);

static double quantile_node(const SyStudent *student, double s) {
    return -sy_student_quantile(student, 0.5 * exp(-s));
}

static double cdf_node(const SyStudent *student, double r) {
    double x = sqrt(student->nu * expm1(2 * r * r / student->nu));
    return exp(sy_student_log_cdf(student, -x) + r * r);
}

/* The polynomial of a panel through its Chebyshev nodes, first as a sum of Chebyshev polynomials,
 * then of powers: the high ones are so small that this costs nothing. */
static void panel_fill(const SyStudent *student, NodeFunction f, double low, double high,
                       double coefficient[SY_TABLE_TERMS]) {
    enum { N = SY_TABLE_TERMS };
    double value[N], before[N] = {1}, now[N] = {0, 1};
    for (gsize i = 0; i < N; i++) {
        double place = cos(M_PI * ((double)i + 0.5) / N);
        value[i] = f(student, 0.5 * (low + high) + 0.5 * (high - low) * place);
        coefficient[i] = 0;
    }
    for (gsize j = 0; j < N; j++) {
        double sum = 0;
        for (gsize i = 0; i < N; i++)
            sum += value[i] * cos(M_PI * (double)j * ((double)i + 0.5) / N);
        sum *= (j ? 2.0 : 1.0) / N;
        /* `before` is T_j, `now` T_(j + 1) = 2x T_j - T_(j - 1). */
        for (gsize k = 0; k <= j; k++)
            coefficient[k] += sum * before[k];
        for (gsize k = N; k-- > 0;) {
            double next = 2 * (k ? now[k - 1] : 0) - before[k];
            before[k] = next;
        }
        for (gsize k = 0; k < N; k++) {
            double swap = before[k];
            before[k] = now[k];
            now[k] = swap;
        }
    }
}

static const SyStudentTable *table_get(SyStudentTable *table, double nu, NodeFunction f,
                                       const double *edges) {
    if (table->nu == nu)
        return table;
    SyStudent student = sy_student_prepare(nu);
    for (gsize panel = 0; panel < SY_TABLE_PANELS; panel++)
        panel_fill(&student, f, edges[panel], edges[panel + 1], table->coefficient[panel]);
    table->nu = nu;
    return table;
}

const SyStudentTable *sy_student_quantiles(double nu) {
    static _Thread_local SyStudentTable table;
    return table_get(&table, nu, quantile_node, quantile_edges);
}

const SyStudentTable *sy_student_cdfs(double nu) {
    static _Thread_local SyStudentTable table;
    return table_get(&table, nu, cdf_node, cdf_edges);
}

/* Odd and even powers side by side, which halves the wait of each step for the one before. */
static double table_value(const SyStudentTable *table, const double *edges, double at) {
    gsize panel = 0;
    for (gsize i = 1; i < SY_TABLE_PANELS; i++)
        panel += at > edges[i];
    double low = edges[panel], high = edges[panel + 1];
    double x = (2 * at - (low + high)) / (high - low), square = x * x;
    const double *c = table->coefficient[panel];
    double even = c[SY_TABLE_TERMS - 2], odd = c[SY_TABLE_TERMS - 1];
    for (gsize k = SY_TABLE_TERMS - 2; k > 0; k -= 2) {
        even = even * square + c[k - 2];
        odd = odd * square + c[k - 1];
    }
    return even + x * odd;
}

double sy_student_quantile_at(const SyStudentTable *quantiles, double p, double rest) {
    double tail = MIN(p, rest), s = -log(2 * tail), x;
    if (s < quantile_edges[SY_TABLE_PANELS]) {
        x = table_value(quantiles, quantile_edges, s);
    } else {
        SyStudent student = sy_student_prepare(quantiles->nu);
        x = -sy_student_quantile(&student, tail);
    }
    return p < rest ? -x : x;
}

double sy_student_cdf_at(const SyStudentTable *cdfs, double x) {
    double nu = cdfs->nu, square = 0.5 * nu * log1p(x * x / nu), r = sqrt(square);
    double tail =
        r < cdf_edges[SY_TABLE_PANELS] ? exp(-square) * table_value(cdfs, cdf_edges, r) : 0;
    return x > 0 ? 1 - tail : tail;
}

/* Student t: C = T_{ν,ρ}(t_ν⁻¹(u), t_ν⁻¹(v)), dependence in both tails.
 *
 * tau gives ρ; ν is found by likelihood. Pseudo-observations lie on the grid j/(2(n+1)), so the
 * quantiles that one ν needs are those of half of that grid, by symmetry. They come from Chebyshev
 * polynomials in s = -ln(2p): the quantile is analytic there, and a few panels reproduce it to
 * rounding from under a hundred exact quantiles. */
#include "num/copula/families.h"

#include "num/optimise.h"
#include "num/student.h"

#define NU_LEAST 2.0
#define NU_MOST 50.0

/* ln of the constant of the density: everything that does not depend on (u, v). */
static double log_constant(const SyStudent *student, double rho) {
    /* The bivariate t density has the peak 1/(2π sqrt(1 - ρ²)), whatever ν. */
    return -log(2 * M_PI) - 0.5 * log((1 - rho) * (1 + rho)) - 2 * student->log_peak;
}

/* (x² + y² - 2ρxy)/(1 - ρ²) as a sum of squares; sharpness = 1/(1 - ρ²). */
static double quadratic(double x, double y, double rho, double sharpness) {
    double d = x - rho * y;
    return d * d * sharpness + y * y;
}

static void tails(const double *parameter, double *lower, double *upper) {
    double rho = parameter[0], nu = parameter[1];
    SyStudent given = sy_student_prepare(nu + 1);
    *lower = *upper = 2 * sy_student_cdf(&given, -sqrt((nu + 1) * (1 - rho) / (1 + rho)));
}

static double quantile(const SyStudent *student, double p, double rest) {
    return p <= rest ? sy_student_quantile(student, p) : -sy_student_quantile(student, rest);
}

/* The quantile, which moves with ν; the smaller of u and its rest. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    SyStudent student = sy_student_prepare(parameter[1]);
    for (gsize i = 0; i < n; i++) {
        margin.first[i] = quantile(&student, u[i], rest[i]);
        margin.second[i] = MIN(u[i], rest[i]);
    }
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double rho = parameter[0], nu = parameter[1], inverse = 1 / nu;
    double sharpness = 1 / ((1 - rho) * (1 + rho));
    SyStudent student = sy_student_prepare(nu);
    double constant = log_constant(&student, rho);
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        /* Where the form overflows, the 1 is nothing beside it. */
        double form = quadratic(x, y, rho, sharpness) * inverse;
        double joint =
            isinf(form) ? 2 * log(fabs(x - rho * y)) + log(sharpness * inverse) : log1p(form);
        value[i] = constant - 0.5 * (nu + 2) * joint +
                   0.5 * (nu + 1) * (log1p(x * x * inverse) + log1p(y * y * inverse));
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++)
        value[i] = sy_elliptical_cdf(u.first[i], v.first[i], u.second[i], v.second[i], parameter[0],
                                     parameter[1]);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double rho = parameter[0], nu = parameter[1], rest = (1 - rho) * (1 + rho) / (nu + 1);
    double sign_u = above_u ? -1 : 1, sign_v = above_v ? -1 : 1;
    SyStudent given = sy_student_prepare(nu + 1);
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        double scale_x = sqrt((nu + x * x) * rest), scale_y = sqrt((nu + y * y) * rest);
        h1[i] = sy_student_cdf(&given, sign_u * (x - rho * y) / scale_y);
        h2[i] = sy_student_cdf(&given, sign_v * (y - rho * x) / scale_x);
    }
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double rho = parameter[0], nu = parameter[1], spread = (1 - rho) * (1 + rho) / (nu + 1);
    SyStudent student = sy_student_prepare(nu), given = sy_student_prepare(nu + 1);
    for (gsize i = 0; i < n; i++) {
        double y = v.first[i], t = quantile(&given, p[i], p_rest[i]);
        double x = rho * y + t * sqrt((nu + y * y) * spread);
        u[i] = sy_student_cdf(&student, x);
        rest[i] = sy_student_cdf(&student, -x);
    }
}

/* Panels of s, each with one polynomial. The nearest singularity of the quantile is at -ln 2
 * (p = 1), so panels may widen as they leave it. */
enum { NODES = 24, PANELS = 5 };
static const double panel_edges[PANELS + 1] = {0, 1.2, 3.8, 9.5, 19, 38};

/* Places that are evaluated side by side, which hides the latency of a recurrence. */
enum { SIDE_BY_SIDE = 8 };

/* What the likelihood of ν works on. Position k of the grid is p = k/cells; ranks are doubled, so
 * k is half a rank where nothing is tied and every rank is even, and a rank where something is. */
typedef struct {
    const SyCopulaSample *sample;
    double rho;
    guint shift;              /* k = rank >> shift */
    gsize cells, half;        /* positions 1 … half are the lower half of the grid */
    double cosine[4 * NODES]; /* cos(π i / (2·NODES)) */
    gsize panels;             /* of PANELS that the grid reaches */
    gsize last[PANELS + 1];   /* panel i holds the positions last[i + 1] < k <= last[i] */
    double *place;            /* [half + SIDE_BY_SIDE] of a position in its panel, from -1 to 1 */
    double *quantile;         /* [cells + SIDE_BY_SIDE] of every position for the current ν */
} Likelihood;

/* The most that `cells` and `half` can be, with the room beyond them that blocks write into. */
static gsize cells_most(gsize n) { return 2 * (n + 1) + SIDE_BY_SIDE; }
static gsize half_most(gsize n) { return n + 2 + SIDE_BY_SIDE; }

static gsize complete_work_size(gsize n) { return (cells_most(n) + half_most(n)) * sizeof(double); }

static void likelihood_init(Likelihood *likelihood, const SyCopulaSample *sample, double rho,
                            double *work) {
    guint odd = 0;
    for (gsize i = 0; i < sample->n; i++)
        odd |= (sample->rank_u[i] | sample->rank_v[i]) & 1;
    guint shift = odd ? 0 : 1;
    gsize cells = 2 * (sample->n + 1) >> shift, half = cells / 2;
    *likelihood = (Likelihood){
        .sample = sample,
        .rho = rho,
        .shift = shift,
        .cells = cells,
        .half = half,
        .place = work,
        .quantile = work + half_most(sample->n),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(likelihood->cosine); i++)
        likelihood->cosine[i] = cos(M_PI * (double)i / (2 * NODES));
    likelihood->last[0] = half;
    gsize panel = 0;
    for (gsize k = half; k > 0; k--) {
        double s = -log(2 * (double)k / (double)cells);
        while (s > panel_edges[panel + 1] && panel + 1 < PANELS)
            likelihood->last[++panel] = k;
        double low = panel_edges[panel], high = panel_edges[panel + 1];
        likelihood->place[k] = (s - 0.5 * (low + high)) / (0.5 * (high - low));
    }
    likelihood->panels = panel + 1;
    /* Blocks may read beyond the last position. */
    for (gsize i = 1; i < SIDE_BY_SIDE; i++)
        likelihood->place[half + i] = 0;
}

/* Coefficients of the Chebyshev polynomial that interpolates the quantile over one panel. */
static void panel_fit(const Likelihood *likelihood, const SyStudent *student, gsize panel,
                      double coefficient[NODES]) {
    double low = panel_edges[panel], high = panel_edges[panel + 1], value[NODES];
    for (gsize i = 0; i < NODES; i++) {
        double s = 0.5 * (low + high) + 0.5 * (high - low) * likelihood->cosine[2 * i + 1];
        value[i] = sy_student_quantile(student, 0.5 * exp(-s));
    }
    for (gsize j = 0; j < NODES; j++) {
        double sum = 0;
        for (gsize i = 0; i < NODES; i++)
            sum += value[i] * likelihood->cosine[(2 * i + 1) * j % (4 * NODES)];
        coefficient[j] = sum * (j ? 2.0 : 1.0) / NODES;
    }
}

/* Clenshaw's recurrence. */
static void panel_evaluate(const double coefficient[NODES], const double *place, double *value) {
    double b[SIDE_BY_SIDE] = {0}, b_before[SIDE_BY_SIDE] = {0};
    for (gsize j = NODES - 1; j > 0; j--) {
        for (gsize i = 0; i < SIDE_BY_SIDE; i++) {
            double next = 2 * place[i] * b[i] - b_before[i] + coefficient[j];
            b_before[i] = b[i];
            b[i] = next;
        }
    }
    for (gsize i = 0; i < SIDE_BY_SIDE; i++)
        value[i] = place[i] * b[i] - b_before[i] + coefficient[0];
}

static void quantiles_update(Likelihood *likelihood, const SyStudent *student) {
    double *quantile = likelihood->quantile;
    gsize cells = likelihood->cells, half = likelihood->half;
    /* From the tail inwards: what a block writes beyond its panel, the next panel overwrites, and
     * what the innermost writes beyond the half is overwritten by the mirrored values. */
    for (gsize panel = likelihood->panels; panel-- > 0;) {
        double coefficient[NODES];
        panel_fit(likelihood, student, panel, coefficient);
        gsize last = likelihood->last[panel];
        for (gsize k = likelihood->last[panel + 1] + 1; k <= last; k += SIDE_BY_SIDE)
            panel_evaluate(coefficient, likelihood->place + k, quantile + k);
    }
    for (gsize k = 1; k <= half; k++)
        quantile[cells - k] = -quantile[k];
}

/* Log-likelihood of one ν. Logarithms are taken of products of a few terms at a time: none exceeds
 * 1e26, so eight cannot overflow. */
static double log_likelihood(Likelihood *likelihood, double nu) {
    enum { AT_ONCE = 8 };
    const SyCopulaSample *sample = likelihood->sample;
    double rho = likelihood->rho, sharpness = 1 / ((1 - rho) * (1 + rho)), inverse = 1 / nu;
    SyStudent student = sy_student_prepare(nu);
    quantiles_update(likelihood, &student);
    double joint = 0, marginal = 0;
    for (gsize start = 0; start < sample->n; start += AT_ONCE) {
        double joint_product = 1, marginal_product = 1;
        for (gsize i = start; i < MIN(start + AT_ONCE, sample->n); i++) {
            double x = likelihood->quantile[sample->rank_u[i] >> likelihood->shift];
            double y = likelihood->quantile[sample->rank_v[i] >> likelihood->shift];
            joint_product *= 1 + inverse * quadratic(x, y, rho, sharpness);
            marginal_product *= (1 + inverse * x * x) * (1 + inverse * y * y);
        }
        joint += log(joint_product);
        marginal += log(marginal_product);
    }
    return (double)sample->n * log_constant(&student, rho) - 0.5 * (nu + 2) * joint +
           0.5 * (nu + 1) * marginal;
}

static double minus_log_likelihood(double log_nu, gconstpointer likelihood) {
    return -log_likelihood((Likelihood *)likelihood, exp(log_nu));
}

/* ν to six digits or more; the likelihood is too flat at its top to tell more than eight. */
static double complete(const SyCopulaSample *sample, double *parameter, void *work) {
    Likelihood likelihood;
    likelihood_init(&likelihood, sample, parameter[0], work);
    double least;
    double log_nu =
        sy_minimise(minus_log_likelihood, &likelihood, log(NU_LEAST), log(NU_MOST), 1e-6, &least);
    parameter[1] = CLAMP(exp(log_nu), NU_LEAST, NU_MOST);
    return -least;
}

const SyCopula sy_copula_student = {
    .name = "StudentT",
    .summary = "Elliptical; joint extremes of both kinds are tied more closely than the middle.",
    .source = "Demarta & McNeil (2005), International Statistical Review 73(1), 111-129",
    .automatic = true,
    .rotates = false,
    .parameters = 2,
    .parameter_names = {"rho", "nu"},
    .least = {-1 + 0x1p-53, NU_LEAST},
    .most = {1 - 0x1p-53, NU_MOST},
    .fit_least = {-1 + 1e-10, NU_LEAST},
    .fit_most = {1 - 1e-10, NU_MOST},
    .from_tau = sy_elliptical_from_tau,
    .complete = complete,
    .complete_work_size = complete_work_size,
    .tau = sy_elliptical_tau,
    .tails = tails,
    .margin = margin,
    .margin_moves = true,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};

/* Maximum likelihood of the elliptical families. Of the Gaussian it needs three sums. Of Student's
 * t it is a search for ν of the likelihood that is left when ρ is at its best for that ν.
 *
 * The quantiles that one ν needs come from Chebyshev polynomials in s = -ln(2p): the quantile is
 * analytic there, and a few panels reproduce it to rounding from about a hundred exact quantiles.
 * Where the values are the grid of ranks, half of it is enough, by symmetry. */
#include "num/copula/families.h"
#include "num/copula/likelihood.h"

#include "num/normal.h"
#include "num/optimise.h"
#include "num/student.h"

/* ---- Gaussian ---- */

/* Sums of squares and of products of the normal quantiles. */
typedef struct {
    double n, squares, products;
} Sums;

/* The slope of the likelihood in ρ times (1 - ρ²)²: positive at -1, negative at 1. */
static double gaussian_slope(double rho, gconstpointer data) {
    const Sums *sums = data;
    return sums->n * rho * (1 - rho) * (1 + rho) + (1 + rho * rho) * sums->products -
           rho * sums->squares;
}

double sy_gaussian_maximise(const SyCopulaGrid *grid, double *parameter, void *work) {
    double *x = work;
    Sums sums = {.n = (double)grid->n};
    for (gsize k = 0; k < grid->n_points; k++) {
        const SyGridPoint *point = &grid->point[k];
        x[k] = point->p <= point->q ? sy_normal_quantile(point->p) : -sy_normal_quantile(point->q);
        sums.squares += point->count * x[k] * x[k];
    }
    for (gsize i = 0; i < grid->n; i++)
        sums.products += x[grid->u[i]] * x[grid->v[i]];
    double least = sy_copula_gaussian.fit_least[0], most = sy_copula_gaussian.fit_most[0];
    double rho = gaussian_slope(least, &sums) <= 0 ? least
                 : gaussian_slope(most, &sums) >= 0
                     ? most
                     : sy_root(gaussian_slope, &sums, least, most, 0);
    double rest = (1 - rho) * (1 + rho);
    parameter[0] = rho;
    return -0.5 * sums.n * log(rest) - rho * (rho * sums.squares - 2 * sums.products) / (2 * rest);
}

/* ---- Student: quantiles ---- */

/* Panels of s, each with one polynomial. The nearest singularity of the quantile is at -ln 2
 * (p = 1), so panels may widen as they leave it. Beyond the last each quantile is looked up. */
enum { NODES = 24, PANELS = 5 };
static const double panel_edges[PANELS + 1] = {0, 1.2, 3.8, 9.5, 19, 38};

/* Places that are evaluated side by side, which hides the latency of a recurrence. */
enum { SIDE_BY_SIDE = 8 };

typedef struct {
    const SyCopulaGrid *grid;
    double cosine[4 * NODES]; /* cos(π i / (2·NODES)) */
    gsize wanted;             /* points that are evaluated: half of them where mirrored */
    gsize first[PANELS + 2];  /* slots of panel i: first[i] up to first[i + 1]; the last: beyond */
    guint32 *point;           /* [wanted] of each slot */
    double *place;            /* [wanted + SIDE_BY_SIDE] of each slot in its panel, -1 to 1 */
    double *value;            /* [wanted + SIDE_BY_SIDE] quantile of each slot, of the tail */
    double *quantile;         /* [n_points] */
    double *x, *y;            /* [n] of each pair */
    double nu, rho;           /* of the last evaluation; rho is where the next begins */
    double constant;          /* what depends on ν and single values only */
    bool rho_is_fixed, is_huge; /* huge: products of squares of quantiles may overflow */
} Likelihood;

static gsize slots_most(gsize n) { return 2 * n + SIDE_BY_SIDE; }

gsize sy_elliptical_work_size(gsize n) {
    return (2 * slots_most(n) + 2 * n + 2 * n) * sizeof(double) + 2 * n * sizeof(guint32);
}

static double tail_of(const SyGridPoint *point) { return MIN(point->p, point->q); }

static gsize panel_of(double s) {
    gsize panel = 0;
    while (panel < PANELS && s > panel_edges[panel + 1])
        panel++;
    return panel;
}

/* Slots in the order of their panels, by counting. */
static void slots_init(Likelihood *likelihood) {
    const SyCopulaGrid *grid = likelihood->grid;
    gsize count[PANELS + 2] = {0}, next[PANELS + 1];
    likelihood->wanted = grid->mirrored ? (grid->n_points + 1) / 2 : grid->n_points;
    for (gsize k = 0; k < likelihood->wanted; k++)
        count[panel_of(-log(2 * tail_of(&grid->point[k]))) + 1]++;
    for (gsize panel = 0; panel <= PANELS; panel++) {
        next[panel] = likelihood->first[panel] = count[panel];
        count[panel + 1] += count[panel];
    }
    likelihood->first[PANELS + 1] = likelihood->wanted;
    for (gsize k = 0; k < likelihood->wanted; k++) {
        double s = -log(2 * tail_of(&grid->point[k]));
        gsize panel = panel_of(s), slot = next[panel]++;
        likelihood->point[slot] = (guint32)k;
        if (panel == PANELS)
            continue;
        double low = panel_edges[panel], high = panel_edges[panel + 1];
        likelihood->place[slot] = (s - 0.5 * (low + high)) / (0.5 * (high - low));
    }
    /* Blocks may read beyond the last slot. */
    for (gsize i = 0; i < SIDE_BY_SIDE; i++)
        likelihood->place[likelihood->wanted + i] = 0;
}

static void likelihood_init(Likelihood *likelihood, const SyCopulaGrid *grid, double rho,
                            bool rho_is_fixed, double *work) {
    gsize n = grid->n, slots = slots_most(n);
    *likelihood = (Likelihood){
        .grid = grid,
        .place = work,
        .value = work + slots,
        .quantile = work + 2 * slots,
        .x = work + 2 * slots + 2 * n,
        .y = work + 2 * slots + 3 * n,
        .point = (guint32 *)(void *)(work + 2 * slots + 4 * n),
        .rho = rho,
        .rho_is_fixed = rho_is_fixed,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(likelihood->cosine); i++)
        likelihood->cosine[i] = cos(M_PI * (double)i / (2 * NODES));
    slots_init(likelihood);
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

/* The quantiles of the tails. What a block writes beyond its panel, the next panel overwrites. */
static void values_update(Likelihood *likelihood, const SyStudent *student) {
    const gsize *first = likelihood->first;
    for (gsize panel = 0; panel < PANELS; panel++) {
        if (first[panel] == first[panel + 1])
            continue;
        double coefficient[NODES];
        panel_fit(likelihood, student, panel, coefficient);
        for (gsize slot = first[panel]; slot < first[panel + 1]; slot += SIDE_BY_SIDE)
            panel_evaluate(coefficient, likelihood->place + slot, likelihood->value + slot);
    }
    for (gsize slot = first[PANELS]; slot < first[PANELS + 1]; slot++)
        likelihood->value[slot] = sy_student_quantile(
            student, tail_of(&likelihood->grid->point[likelihood->point[slot]]));
}

/* The quantiles of all values and pairs, and what of the likelihood does not depend on ρ. */
static void quantiles_update(Likelihood *likelihood, double nu) {
    const SyCopulaGrid *grid = likelihood->grid;
    SyStudent student = sy_student_prepare(nu);
    values_update(likelihood, &student);
    double marginal = 0, most = 0, inverse = 1 / nu;
    for (gsize slot = 0; slot < likelihood->wanted; slot++) {
        gsize k = likelihood->point[slot], mirror = grid->n_points - 1 - k;
        const SyGridPoint *point = &grid->point[k];
        double x = likelihood->value[slot], count = point->count;
        likelihood->quantile[k] = point->p <= point->q ? x : -x;
        if (grid->mirrored && mirror != k) {
            likelihood->quantile[mirror] = -likelihood->quantile[k];
            count *= 2;
        }
        marginal += count * log(1 + x * x * inverse);
        most = MAX(most, fabs(x));
    }
    for (gsize i = 0; i < grid->n; i++) {
        likelihood->x[i] = likelihood->quantile[grid->u[i]];
        likelihood->y[i] = likelihood->quantile[grid->v[i]];
    }
    likelihood->nu = nu;
    likelihood->is_huge = most > 1e12;
    likelihood->constant =
        0.5 * (nu + 1) * marginal -
        (double)grid->n * (log(2 * M_PI) + 2 * student.log_peak - 0.5 * (nu + 2) * log(nu));
}

/* ---- Student: the likelihood of ρ ---- */

typedef struct {
    double value, slope, bend;
} Curve;

/* With r = 1 - ρ² and D = ν r + x² + y² - 2ρxy = (ν + y²) r + (x - ρy)² the log-likelihood is
 * constant + n (ν + 1)/2 ln r - (ν + 2)/2 Σ ln D. Logarithms are taken of products of a few terms
 * at a time: none exceeds 1e26, so eight cannot overflow. */
static Curve curve_at(const Likelihood *likelihood, double rho) {
    enum { AT_ONCE = 8 };
    const double *xs = likelihood->x, *ys = likelihood->y;
    double nu = likelihood->nu, rest = (1 - rho) * (1 + rho);
    double logs = 0, slopes = 0, squares = 0, inverses = 0;
    gsize n = likelihood->grid->n, at_once = likelihood->is_huge ? 1 : AT_ONCE;
    for (gsize start = 0; start < n; start += at_once) {
        double product = 1;
        for (gsize i = start; i < MIN(start + at_once, n); i++) {
            double x = xs[i], y = ys[i], d = x - rho * y, wide = nu + y * y;
            double form = wide * rest + d * d, inverse = 1 / form;
            /* Half of the slope of D: -ρν - xy = -ρ(ν + y²) - dy */
            double slope = -(rho * wide + d * y) * inverse;
            product *= form;
            slopes += slope;
            squares += slope * slope;
            inverses += inverse;
        }
        logs += log(product);
    }
    double pairs = (double)n;
    return (Curve){
        .value = likelihood->constant + 0.5 * pairs * (nu + 1) * log(rest) - 0.5 * (nu + 2) * logs,
        .slope = -pairs * (nu + 1) * rho / rest - (nu + 2) * slopes,
        .bend = -pairs * (nu + 1) * (1 + rho * rho) / (rest * rest) +
                (nu + 2) * (nu * inverses + 2 * squares),
    };
}

/* The log-likelihood of ν: by Newton's method in ρ, kept in a bracket. */
static double profile(Likelihood *likelihood, double nu) {
    enum { STEPS_MAX = 60 };
    const double tolerance = 1e-11;
    double low = sy_copula_student.fit_least[0], high = sy_copula_student.fit_most[0];
    double rho = likelihood->rho;
    quantiles_update(likelihood, nu);
    Curve curve = curve_at(likelihood, rho);
    for (int i = 0; i < STEPS_MAX && !likelihood->rho_is_fixed; i++) {
        double next = rho - curve.slope / curve.bend;
        bool curves_down = curve.bend < 0;
        if (curves_down && fabs(0.5 * curve.slope * (next - rho)) <= tolerance)
            break;
        *(curve.slope > 0 ? &low : &high) = rho;
        if (!curves_down || !(next > low && next < high))
            next = 0.5 * (low + high);
        if (next == rho || !(high - low > 0))
            break;
        rho = next;
        curve = curve_at(likelihood, rho);
    }
    likelihood->rho = rho;
    return curve.value;
}

static double minus_profile(double log_nu, gconstpointer likelihood) {
    return -profile((Likelihood *)likelihood, exp(log_nu));
}

/* Where the likelihood of ν is highest among a few places all over the range: small samples can
 * have two tops. Sets the neighbours of that place, in ln ν. */
static void nu_bracket(Likelihood *likelihood, double least, double most, double *low,
                       double *high) {
    enum { PLACES = 5 };
    double best = -INFINITY;
    gsize at = 0;
    for (gsize i = 0; i < PLACES; i++) {
        double log_nu = least + (most - least) * (double)i / (PLACES - 1);
        double value = profile(likelihood, exp(log_nu));
        if (value > best) {
            best = value;
            at = i;
        }
    }
    *low = least + (most - least) * (double)(at > 0 ? at - 1 : 0) / (PLACES - 1);
    *high = least + (most - least) * (double)MIN(at + 1, PLACES - 1) / (PLACES - 1);
}

/* ν to six digits or more; the likelihood is too flat at its top to tell more than eight. */
double sy_student_maximise(const SyCopulaGrid *grid, bool rho_is_fixed, double *parameter,
                           void *work) {
    const double *least = sy_copula_student.fit_least, *most = sy_copula_student.fit_most;
    Likelihood likelihood;
    double rho = rho_is_fixed ? parameter[0] : CLAMP(parameter[0], least[0], most[0]);
    likelihood_init(&likelihood, grid, rho, rho_is_fixed, work);
    double low, high, minimum;
    nu_bracket(&likelihood, log(least[1]), log(most[1]), &low, &high);
    double log_nu = sy_minimise(minus_profile, &likelihood, low, high, 1e-6, &minimum);
    parameter[1] = CLAMP(exp(log_nu), least[1], most[1]);
    /* The search ended elsewhere: once more, at the ν that it chose. */
    double loglik = profile(&likelihood, parameter[1]);
    if (!rho_is_fixed)
        parameter[0] = likelihood.rho;
    return loglik;
}

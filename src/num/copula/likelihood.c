/* Log-likelihoods by generators. Every formula is written once, in numbers that carry their slopes
 * along (forward differentiation), as sums and products of positive terms wherever a difference
 * would cancel. θ and δ are the two parameters; α = 1/θ, d = 1/δ. */
#include "num/copula/likelihood.h"

#include <string.h>

#include "num/copula/families.h"

/* ---- numbers with slopes ---- */

typedef SyJet Jet;

#define INLINE static inline __attribute__((always_inline))

INLINE Jet add(Jet x, Jet y) { return (Jet){x.value + y.value, x.slope + y.slope}; }
INLINE Jet subtract(Jet x, Jet y) { return (Jet){x.value - y.value, x.slope - y.slope}; }
INLINE Jet shift(double c, Jet x) { return (Jet){c + x.value, x.slope}; }
INLINE Jet scale(double c, Jet x) { return (Jet){c * x.value, c * x.slope}; }
INLINE Jet negative(Jet x) { return (Jet){-x.value, -x.slope}; }
INLINE Jet multiply(Jet x, Jet y) {
    return (Jet){x.value * y.value, x.slope * y.value + y.slope * x.value};
}
INLINE Jet reciprocal(Jet x) {
    double value = 1 / x.value;
    return (Jet){value, x.slope * (-value * value)};
}
INLINE Jet logarithm(Jet x) { return (Jet){log(x.value), x.slope * (1 / x.value)}; }
INLINE Jet logarithm_1p(Jet x) { return (Jet){log1p(x.value), x.slope * (1 / (1 + x.value))}; }
INLINE Jet power_of_e(Jet x) {
    double value = exp(x.value);
    return (Jet){value, x.slope * value};
}
/* 1 - e^x, which is positive: all exponents here are negative. */
INLINE Jet rest_of_e(Jet x) {
    double value = -expm1(x.value);
    return (Jet){value, x.slope * (value - 1)};
}

/* -ln(1 - e^x), x < 0, with all digits where e^x is near 0 and where it is near 1. */
INLINE Jet minus_log_rest(Jet x) {
    double power = exp(x.value), rest = -expm1(x.value);
    return (Jet){power < 0.5 ? -log1p(-power) : -log(rest), x.slope * (power / rest)};
}

/* Where kx is below this, a few terms of their series tell of the next two what is left after a
 * division by k. Beyond it over_k = 1/k is used. */
#define NEARLY_FLAT 1e-3

/* (e^kx - 1)/k, which at k = 0 is x. */
INLINE Jet expm1_over(Jet k, double over_k, double x) {
    double z = k.value * x, value, by_k;
    if (z < NEARLY_FLAT) {
        value = x * (1 + z * (1.0 / 2 + z * (1.0 / 6 + z * (1.0 / 24 + z * (1.0 / 120)))));
        by_k = x * x * (1.0 / 2 + z * (1.0 / 3 + z * (1.0 / 8 + z * (1.0 / 30))));
    } else {
        double e = expm1(z);
        value = e * over_k;
        by_k = (e * (z - 1) + z) * (over_k * over_k);
    }
    return (Jet){value, k.slope * by_k};
}

/* ln(1 + kx)/k, which at k = 0 is x. */
INLINE Jet log1p_over(Jet k, double over_k, Jet x) {
    double z = k.value * x.value, rest = 1 / (1 + z), value, by_k;
    if (z < NEARLY_FLAT) {
        value = x.value *
                (1 - z * (1.0 / 2 - z * (1.0 / 3 - z * (1.0 / 4 - z * (1.0 / 5 - z * (1.0 / 6))))));
        by_k = x.value * x.value * (-1.0 / 2 + z * (2.0 / 3 - z * (3.0 / 4 - z * (4.0 / 5))));
    } else {
        value = log1p(z) * over_k;
        by_k = (x.value * rest - value) * over_k;
    }
    return (Jet){value, k.slope * by_k + x.slope * rest};
}

/* -ln of a ratio below 1: by what it lacks of 1, or, where that is most of it, by logarithms of
 * what is above and below its line. */
INLINE Jet inverse_of(Jet beyond, Jet log_below, Jet log_above) {
    return beyond.value < 0.5 ? negative(logarithm_1p(negative(beyond)))
                              : subtract(log_below, log_above);
}

/* ---- families ---- */

/* What depends on the parameters alone. */
typedef struct {
    Jet theta, delta, alpha, d;
    Jet log_theta, log_delta;
    Jet extra[3];
} Constants;

/* t of a value (`inverse`), and ln |t'|; ln φ'' of a sum of two (`curvature`). */
typedef struct {
    Jet inverse, log_slope;
} Inverse;

INLINE void nothing_extra(Constants *c) { (void)c; }

/* Clayton: t = (p^-θ - 1)/θ; φ = e^-l with l = ln(1 + θs)/θ, and φ'' = (1 + θ) e^-(1 + 2θ)l. At
 * θ = 0, which is independence, t = -ln p and l = s. */
INLINE Inverse clayton_inverse(const Constants *c, const SyGridPoint *at) {
    return (Inverse){.inverse = expm1_over(c->theta, c->alpha.value, -at->log_p),
                     .log_slope = scale(-at->log_p, shift(1, c->theta))};
}
INLINE Jet clayton_curvature(const Constants *c, Jet s) {
    Jet l = log1p_over(c->theta, c->alpha.value, s);
    return subtract(c->extra[0], multiply(c->extra[1], l));
}
INLINE void clayton_extra(Constants *c) {
    c->extra[0] = logarithm_1p(c->theta);
    c->extra[1] = shift(1, scale(2, c->theta));
}

/* Gumbel: t = (-ln p)^θ; φ = exp(-s^α), and with w = s^α
 * φ'' = α² s^-2 w e^-w (w + θ - 1). */
INLINE Inverse gumbel_inverse(const Constants *c, const SyGridPoint *at) {
    Jet exponent = scale(at->log_log, c->theta);
    return (Inverse){
        .inverse = power_of_e(exponent),
        .log_slope = add(c->log_theta, shift(-at->log_log - at->log_p, exponent)),
    };
}
INLINE Jet gumbel_curvature(const Constants *c, Jet s) {
    Jet log_s = logarithm(s), log_w = multiply(c->alpha, log_s), w = power_of_e(log_w);
    Jet last = logarithm(add(w, shift(-1, c->theta)));
    return add(subtract(add(log_w, last), w), scale(-2, add(log_s, c->log_theta)));
}

/* Frank, θ > 0: t = -ln((1 - e^-θp)/κ), κ = 1 - e^-θ; φ = -α ln(1 - κ e^-s), and
 * φ'' = α κ e^-s (1 - κ e^-s)^-2. */
INLINE Inverse frank_inverse(const Constants *c, const SyGridPoint *at) {
    Jet exponent = scale(-at->p, c->theta), log_above = logarithm(rest_of_e(exponent));
    /* (1 - e^-θp)/κ = 1 - (e^-θp - e^-θ)/κ */
    Jet beyond =
        multiply(multiply(power_of_e(exponent), rest_of_e(scale(-at->q, c->theta))), c->extra[0]);
    return (Inverse){
        .inverse = inverse_of(beyond, add(c->extra[1], c->log_theta), log_above),
        .log_slope = add(subtract(c->log_theta, log_above), exponent),
    };
}
INLINE Jet frank_curvature(const Constants *c, Jet s) {
    Jet e = power_of_e(negative(s));
    Jet rest = add(rest_of_e(negative(s)), multiply(c->extra[2], e));
    return subtract(subtract(c->extra[1], s), scale(2, logarithm(rest)));
}
INLINE void frank_extra(Constants *c) {
    Jet kappa = rest_of_e(negative(c->theta));
    c->extra[0] = reciprocal(kappa);
    c->extra[1] = subtract(logarithm(kappa), c->log_theta);
    c->extra[2] = power_of_e(negative(c->theta));
}

/* Joe: t = -ln(1 - q^θ); φ = 1 - m^α, m = 1 - e^-s, and φ'' = α e^-s m^(α-2) (1 - α + α m). */
INLINE Inverse joe_inverse(const Constants *c, const SyGridPoint *at) {
    Jet exponent = scale(at->log_q, c->theta), t = minus_log_rest(exponent);
    return (Inverse){.inverse = t,
                     .log_slope = add(add(c->log_theta, shift(-at->log_q, exponent)), t)};
}
INLINE Jet joe_curvature(const Constants *c, Jet s) {
    Jet m = rest_of_e(negative(s));
    Jet last = add(shift(1, negative(c->alpha)), multiply(c->alpha, m));
    return add(subtract(multiply(shift(-2, c->alpha), logarithm(m)), add(s, c->log_theta)),
               logarithm(last));
}

/* BB1: t = ((p^-θ - 1)/θ)^δ; φ = e^-l with l = ln(1 + θw)/θ and w = s^d, and
 * φ'' = d s^-2 w e^-(1 + 2θ)l (1 - d + (θ + d) w). At θ = 0 that is Gumbel. */
INLINE Inverse bb1_inverse(const Constants *c, const SyGridPoint *at) {
    Jet inner = logarithm(expm1_over(c->theta, c->alpha.value, -at->log_p)),
        log_t = multiply(c->delta, inner);
    return (Inverse){
        .inverse = power_of_e(log_t),
        .log_slope =
            add(subtract(add(log_t, c->log_delta), inner), scale(-at->log_p, shift(1, c->theta))),
    };
}
INLINE Jet bb1_curvature(const Constants *c, Jet s) {
    Jet log_s = logarithm(s), log_w = multiply(c->d, log_s), w = power_of_e(log_w);
    Jet bracket = add(shift(1, negative(c->d)), multiply(add(c->theta, c->d), w));
    Jet l = log1p_over(c->theta, c->alpha.value, w);
    return subtract(add(subtract(log_w, c->log_delta), logarithm(bracket)),
                    add(scale(2, log_s), multiply(c->extra[0], l)));
}
INLINE void bb1_extra(Constants *c) { c->extra[0] = shift(1, scale(2, c->theta)); }

/* BB6: t = (-ln(1 - q^θ))^δ; φ = 1 - m^α, m = 1 - e^-w, w = s^d, and
 * φ'' = d α s^-2 w e^-w m^(α-2) (d w (1 - α + α m) + (1 - d) m). */
INLINE Inverse bb6_inverse(const Constants *c, const SyGridPoint *at) {
    Jet exponent = scale(at->log_q, c->theta);
    Jet z = minus_log_rest(exponent), log_z = logarithm(z);
    Jet log_t = multiply(c->delta, log_z);
    return (Inverse){
        .inverse = power_of_e(log_t),
        .log_slope = add(add(subtract(log_t, log_z), add(c->log_delta, c->log_theta)),
                         add(shift(-at->log_q, exponent), z)),
    };
}
INLINE Jet bb6_curvature(const Constants *c, Jet s) {
    Jet log_s = logarithm(s), log_w = multiply(c->d, log_s), w = power_of_e(log_w);
    Jet m = rest_of_e(negative(w));
    Jet joe = add(shift(1, negative(c->alpha)), multiply(c->alpha, m));
    Jet bracket = add(multiply(multiply(c->d, w), joe), multiply(shift(1, negative(c->d)), m));
    Jet first = subtract(subtract(log_w, add(c->log_delta, c->log_theta)), add(w, scale(2, log_s)));
    return add(first, add(multiply(shift(-2, c->alpha), logarithm(m)), logarithm(bracket)));
}

/* BB7: t = (1 - q^θ)^-δ - 1; φ = 1 - m^α, m = 1 - y, y = (1 + s)^-d, and
 * φ'' = α d y m^(α-2) (1 + s)^-2 ((1 - α) d y + (1 + d) m). */
INLINE Inverse bb7_inverse(const Constants *c, const SyGridPoint *at) {
    Jet exponent = scale(at->log_q, c->theta);
    Jet z = minus_log_rest(exponent), log_1p = multiply(c->delta, z);
    double t = expm1(log_1p.value);
    return (Inverse){
        .inverse = {t, log_1p.slope * (t + 1)},
        .log_slope =
            add(add(add(log_1p, z), add(c->log_delta, c->log_theta)), shift(-at->log_q, exponent)),
    };
}
INLINE Jet bb7_curvature(const Constants *c, Jet s) {
    Jet log_1p = logarithm_1p(s), log_y = negative(multiply(c->d, log_1p)), y = power_of_e(log_y);
    Jet m = rest_of_e(log_y);
    Jet bracket =
        add(multiply(multiply(shift(1, negative(c->alpha)), c->d), y), multiply(shift(1, c->d), m));
    Jet first = subtract(log_y, add(scale(2, log_1p), add(c->log_delta, c->log_theta)));
    return add(first, add(multiply(shift(-2, c->alpha), logarithm(m)), logarithm(bracket)));
}

/* BB8: t = -ln((1 - (1 - δp)^θ)/η), η = 1 - (1 - δ)^θ; φ = (1 - m^α)/δ, m = 1 - η e^-s, and
 * φ'' = α/δ η e^-s m^(α-2) (1 - α + α m). */
INLINE Inverse bb8_inverse(const Constants *c, const SyGridPoint *at) {
    double base = (1 - c->delta.value) + c->delta.value * at->q; /* 1 - δp */
    Jet log_base = {at->p < 0.5 ? log1p(-c->delta.value * at->p) : log(base),
                    c->delta.slope * (-at->p / base)};
    Jet exponent = multiply(c->theta, log_base), log_above = logarithm(rest_of_e(exponent));
    /* (1 - (1 - δp)^θ)/η = 1 - ((1 - δp)^θ - (1 - δ)^θ)/η */
    Jet beyond = multiply(power_of_e(exponent),
                          rest_of_e(multiply(c->theta, subtract(c->extra[2], log_base))));
    Jet factor = add(c->log_theta, c->log_delta);
    return (Inverse){
        .inverse = inverse_of(multiply(beyond, c->extra[0]), add(c->extra[1], factor), log_above),
        .log_slope = subtract(add(factor, subtract(exponent, log_base)), log_above),
    };
}
INLINE Jet bb8_curvature(const Constants *c, Jet s) {
    /* 1 - η e^-s = (1 - e^-s) + (1 - η) e^-s */
    Jet rest = power_of_e(subtract(multiply(c->theta, c->extra[2]), s));
    Jet m = add(rest_of_e(negative(s)), rest);
    Jet last = add(shift(1, negative(c->alpha)), multiply(c->alpha, m));
    return add(subtract(multiply(shift(-2, c->alpha), logarithm(m)), s),
               add(c->extra[1], logarithm(last)));
}
INLINE void bb8_extra(Constants *c) {
    Jet log_rest = logarithm_1p(negative(c->delta));
    Jet eta = rest_of_e(multiply(c->theta, log_rest));
    c->extra[0] = reciprocal(eta);
    c->extra[1] = subtract(logarithm(eta), add(c->log_theta, c->log_delta));
    c->extra[2] = log_rest; /* ln(1 - δ) */
}

/* ---- sums ---- */

/* Within these a sum of two is a number with all its digits. */
#define LEAST_INVERSE 1e-300
#define MOST_INVERSE 1e300

INLINE double log_likelihood(const SyCopulaGrid *grid, const double *parameter, double *slope,
                             void (*extra)(Constants *),
                             Inverse (*inverse)(const Constants *, const SyGridPoint *),
                             Jet (*curvature)(const Constants *, Jet)) {
    Constants c = {.theta = {parameter[0], {1, 0}}, .delta = {parameter[1], {0, 1}}};
    c.alpha = reciprocal(c.theta);
    c.d = reciprocal(c.delta);
    c.log_theta = logarithm(c.theta);
    c.log_delta = logarithm(c.delta);
    extra(&c);
    Jet sum = {0, {0, 0}};
    slope[0] = slope[1] = 0;
    for (gsize k = 0; k < grid->n_points; k++) {
        Inverse at = inverse(&c, &grid->point[k]);
        if (!(at.inverse.value >= LEAST_INVERSE && at.inverse.value <= MOST_INVERSE))
            return -INFINITY;
        grid->inverse[k] = at.inverse;
        sum = add(sum, scale(grid->point[k].count, at.log_slope));
    }
    for (gsize i = 0; i < grid->n; i++)
        sum = add(sum, curvature(&c, add(grid->inverse[grid->u[i]], grid->inverse[grid->v[i]])));
    slope[0] = sum.slope[0];
    slope[1] = sum.slope[1];
    return sum.value;
}

/* One function for each family; of those with one parameter the other is 1 and moves nothing. */
#define FAMILY(name, parameters, extra)                                                            \
    static double name##_likelihood(const SyCopulaGrid *grid, const double *parameter,             \
                                    double *slope) {                                               \
        const double both[2] = {parameter[0], parameters == 2 ? parameter[1] : 1};                 \
        return log_likelihood(grid, both, slope, extra, name##_inverse, name##_curvature);         \
    }
FAMILY(clayton, 1, clayton_extra)
FAMILY(gumbel, 1, nothing_extra)
FAMILY(frank, 1, frank_extra)
FAMILY(joe, 1, nothing_extra)
FAMILY(bb1, 2, bb1_extra)
FAMILY(bb6, 2, nothing_extra)
FAMILY(bb7, 2, nothing_extra)
FAMILY(bb8, 2, bb8_extra)

static const SyGenerator generators[] = {
    {.family = "Clayton", .likelihood = clayton_likelihood},
    {.family = "Gumbel", .likelihood = gumbel_likelihood},
    {.family = "Frank", .likelihood = frank_likelihood},
    {.family = "Joe", .likelihood = joe_likelihood},
    {.family = "BB1", .likelihood = bb1_likelihood, .places = {0, 0.5, 1.5, 3, 6}},
    {.family = "BB6", .likelihood = bb6_likelihood, .places = {1, 1.4, 2, 3.2, 5}},
    {.family = "BB7", .likelihood = bb7_likelihood, .places = {1, 1.4, 2, 3.2, 5}},
    {.family = "BB8",
     .likelihood = bb8_likelihood,
     .near_one = true,
     .known = 1,
     .places = {0.98, 0.9, 0.75, 0.5, 0.15}},
};

const SyGenerator *sy_generator_find(const SyCopula *family) {
    for (gsize i = 0; i < G_N_ELEMENTS(generators); i++)
        if (strcmp(generators[i].family, family->name) == 0)
            return &generators[i];
    return NULL;
}

/* ---- grids ---- */

/* Every value of both columns is one of its own at most. */
static gsize points_most(gsize n) { return 2 * n; }

/* Doubled ranks lie between 0 and this. */
static guint32 cells_of(const SyCopulaSample *sample) { return 2 * ((guint32)sample->n + 1); }

gsize sy_copula_grid_size(gsize n, gsize pairs) {
    gsize bytes = points_most(pairs) * (sizeof(SyJet) + sizeof(SyGridPoint)) +
                  (2 * pairs + 2 * (n + 1)) * sizeof(guint32);
    return (bytes + sizeof(SyJet) - 1) / sizeof(SyJet) * sizeof(SyJet);
}

static bool has_ranks_for_values(const SyCopulaSample *sample) {
    double cells = cells_of(sample);
    for (gsize i = 0; i < sample->n; i++)
        if (sample->u[i] != sample->rank_u[i] / cells || sample->v[i] != sample->rank_v[i] / cells)
            return false;
    return true;
}

static void point_set(SyGridPoint *point, double p, double q, double count) {
    point->p = p;
    point->q = q;
    point->log_p = -sy_minus_log(p, q);
    point->log_q = -sy_minus_log(q, p);
    point->log_log = log(-point->log_p);
    point->count = count;
}

/* Values that are ranks: each once, in ascending order, mirrored exactly by a turn. */
static void grid_of_ranks(SyCopulaGrid *grid, const SyCopulaSample *sample, bool turn_u,
                          bool turn_v, gsize stride, guint32 *number) {
    guint32 cells = cells_of(sample);
    memset(number, 0, cells * sizeof *number); /* how often each rank occurs */
    for (gsize i = 0; i < grid->n; i++) {
        guint32 u = sample->rank_u[i * stride], v = sample->rank_v[i * stride];
        grid->u[i] = turn_u ? cells - u : u;
        grid->v[i] = turn_v ? cells - v : v;
        number[grid->u[i]]++;
        number[grid->v[i]]++;
    }
    for (guint32 rank = 1; rank < cells; rank++) {
        if (!number[rank])
            continue;
        point_set(&grid->point[grid->n_points], rank / (double)cells,
                  (cells - rank) / (double)cells, number[rank]);
        number[rank] = (guint32)grid->n_points++; /* from here on its number */
    }
    for (gsize i = 0; i < grid->n; i++) {
        grid->u[i] = number[grid->u[i]];
        grid->v[i] = number[grid->v[i]];
    }
}

/* Any values: those of u, then those of v. */
static void grid_of_values(SyCopulaGrid *grid, const SyCopulaSample *sample, bool turn_u,
                           bool turn_v, gsize stride) {
    grid->n_points = 2 * grid->n;
    for (gsize i = 0; i < grid->n; i++) {
        double u = CLAMP(sample->u[i * stride], SY_COPULA_LEAST, 1 - 0x1p-53);
        double v = CLAMP(sample->v[i * stride], SY_COPULA_LEAST, 1 - 0x1p-53);
        grid->u[i] = (guint32)i;
        grid->v[i] = (guint32)(grid->n + i);
        point_set(&grid->point[i], turn_u ? 1 - u : u, turn_u ? u : 1 - u, 1);
        point_set(&grid->point[grid->n + i], turn_v ? 1 - v : v, turn_v ? v : 1 - v, 1);
    }
}

static bool is_mirrored(const SyCopulaGrid *grid) {
    for (gsize low = 0, high = grid->n_points - 1; low <= high && high < grid->n_points;
         low++, high--)
        if (grid->point[low].p != grid->point[high].q ||
            grid->point[low].count != grid->point[high].count)
            return false;
    return true;
}

void sy_copula_grid_init(SyCopulaGrid *grid, const SyCopulaSample *sample, SyRotation rotation,
                         gsize stride, void *work) {
    bool turn_u = sy_rotation_turns_u(rotation), turn_v = sy_rotation_turns_v(rotation);
    gsize n = (sample->n + stride - 1) / stride;
    *grid = (SyCopulaGrid){.n = n, .inverse = work};
    grid->point = (SyGridPoint *)(void *)(grid->inverse + points_most(n));
    grid->u = (guint32 *)(void *)(grid->point + points_most(n));
    grid->v = grid->u + n;
    if (has_ranks_for_values(sample))
        grid_of_ranks(grid, sample, turn_u, turn_v, stride, grid->v + n);
    else
        grid_of_values(grid, sample, turn_u, turn_v, stride);
    grid->mirrored = is_mirrored(grid);
}

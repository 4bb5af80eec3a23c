#include <kith/nn.h>
#include <math.h>

static double product(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void subtract_multiple(size_t n, double a, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] -= a * x[i];
}

/* Twice, since once leaves what the first pass rounded. */
static void make_orthogonal(size_t count, size_t length, double *vectors)
{
    for (size_t v = 0; v < count; v++) {
        double *x = vectors + v * length;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t u = 0; u < v; u++)
                subtract_multiple(length, product(length, vectors + u * length, x), vectors + u * length, x);
        }
        const double norm = sqrt(product(length, x, x));
        for (size_t i = 0; i < length; i++)
            x[i] /= norm;
    }
}

void kith_draw_orthogonal(kith_stream *stream, size_t rows, size_t columns, double gain, double *scratch, kith_real *w)
{
    const bool wide = columns >= rows;
    const size_t count = wide ? rows : columns, length = wide ? columns : rows;
    for (size_t i = 0; i < count * length; i++)
        scratch[i] = kith_draw_normal(stream);
    make_orthogonal(count, length, scratch);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++)
            w[r * columns + c] = (kith_real)(gain * (wide ? scratch[r * length + c] : scratch[c * length + r]));
    }
}

void kith_transpose(size_t rows, size_t columns, const kith_real *x, kith_real *y)
{
    enum { TILE = 16 };
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        const size_t end = rows - r0 < TILE ? rows : r0 + TILE;
        for (size_t c = 0; c < columns; c++) {
            for (size_t r = r0; r < end; r++)
                y[c * rows + r] = x[r * columns + c];
        }
    }
}

double kith_clip_norm(size_t n, double most, kith_real *g)
{
    const double norm = sqrt(kith_dot(n, g, g));
    if (norm > most) kith_scale(n, (kith_real)(most / norm), g);
    return norm;
}

void kith_clamp(size_t n, kith_real most, kith_real *g)
{
    for (size_t i = 0; i < n; i++) {
        const kith_real low = g[i] < -most ? -most : g[i];
        g[i] = low > most ? most : low;
    }
}

#include <kith/nn.h>
#include <math.h>

#ifdef KITH_REAL_IS_DOUBLE
#define real_exp exp
#else
#define real_exp expf
#endif

static kith_real largest(size_t classes, const kith_real *z)
{
    kith_real top = z[0];
    for (size_t c = 1; c < classes; c++)
        top = z[c] > top ? z[c] : top;
    return top;
}

/* A row with a NaN is not right. */
static bool is_right(size_t classes, const kith_real *z, size_t label)
{
    bool right = true;
    for (size_t c = 0; c < label; c++)
        right &= z[c] < z[label];
    for (size_t c = label; c < classes; c++)
        right &= z[c] <= z[label];
    return right;
}

static double row_loss(size_t classes, const kith_real *z, size_t label)
{
    const kith_real top = largest(classes, z);
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += (double)real_exp(z[c] - top);
    return log(sum) + ((double)top - (double)z[label]);
}

/* d may be z: each logit is read before its place is written, the label's own beforehand. */
static double row_gradient(size_t classes, const kith_real *z, size_t label, double share, kith_real *d)
{
    const kith_real top = largest(classes, z);
    const double gap = (double)top - (double)z[label];
    double sum = 0;
    for (size_t c = 0; c < classes; c++) {
        d[c] = real_exp(z[c] - top);
        sum += (double)d[c];
    }
    kith_scale(classes, (kith_real)(share / sum), d);
    /* 1 - p as the sum of the others: exact to the last bits where p is nearly 1. */
    double others = 0;
    for (size_t c = 0; c < classes; c++)
        others += c == label ? 0 : (double)d[c];
    d[label] = (kith_real)-others;
    return log(sum) + gap;
}

double kith_softmax_loss(size_t rows, size_t classes, const kith_real *logits, const int32_t *label, kith_real *d,
                         uint64_t *correct)
{
    double loss = 0;
    uint64_t right = 0;
    for (size_t r = 0; r < rows; r++) {
        const kith_real *z = logits + r * classes;
        const size_t truth = (size_t)label[r];
        if (correct) right += is_right(classes, z, truth);
        loss += d ? row_gradient(classes, z, truth, 1.0 / (double)rows, d + r * classes) : row_loss(classes, z, truth);
    }
    if (correct) *correct = right;
    return loss;
}

/* What smoothing adds to a row's loss; before its logits are overwritten. */
static double row_smoothing(size_t classes, const kith_real *z, size_t label)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += (double)z[c];
    return (double)z[label] - sum / (double)classes;
}

double kith_softmax_smoothed(size_t rows, size_t classes, const kith_real *logits, const int32_t *label,
                             double smoothing, kith_real *d)
{
    const double share = smoothing / (double)rows;
    double more = 0;
    if (smoothing == 0) return kith_softmax_loss(rows, classes, logits, label, d, NULL);
    for (size_t r = 0; r < rows; r++)
        more += row_smoothing(classes, logits + r * classes, (size_t)label[r]);
    const double loss = kith_softmax_loss(rows, classes, logits, label, d, NULL);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < classes; c++)
            d[r * classes + c] -= (kith_real)(share / (double)classes);
        d[r * classes + (size_t)label[r]] += (kith_real)share;
    }
    return loss + smoothing * more;
}

uint64_t kith_top_count(size_t rows, size_t classes, size_t most, const kith_real *logits, const int32_t *label)
{
    uint64_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        const kith_real *z = logits + r * classes;
        const size_t truth = (size_t)label[r];
        size_t above = 0;
        for (size_t c = 0; c < truth; c++)
            above += !(z[c] < z[truth]);
        for (size_t c = truth; c < classes; c++)
            above += !(z[c] <= z[truth]);
        count += above < most;
    }
    return count;
}

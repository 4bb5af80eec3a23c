#include "nn/blas.h"
#include "nn/direct.h"

#include "config.h"

#include <float.h>
#include <kith/nn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include KITH_BLAS_HEADER
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#ifdef KITH_REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif

void kith_gemm(int ta, int tb, size_t m, size_t n, size_t k, kith_real alpha, const kith_real *a, const kith_real *b,
               kith_real beta, kith_real *c)
{
    if (m == 0 || n == 0) return;
    if (k == 0) { /* the interface wants leading dimensions of at least one */
        if (beta == 0)
            kith_clear(m * n, c);
        else
            kith_scale(m * n, beta, c);
        return;
    }
    cblas_gemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
               alpha, a, (int)(ta ? m : k), b, (int)(tb ? k : n), beta, c, (int)n);
}

/* Flush-to-zero and denormals-are-zero: one backward pass with denormals was 36 times slower than without. */
static void flush_denormals(void)
{
#if defined(__SSE__)
    _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ, DAZ */
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | UINT64_C(1) << 24)); /* FZ: inputs and results */
#endif
}

/* What arithmetic does, not what was asked for: Valgrind ignores the setting. */
static const char *denormals(void)
{
    volatile double least = DBL_MIN;
    volatile double half = least / 2;
    return half == 0 ? "flushed" : "kept";
}

#ifdef KITH_BLAS_BLIS
static bool use_one_thread(void)
{
    bli_thread_set_num_threads(1);
    return bli_thread_get_num_threads() == 1;
}

static const char *version(void)
{
    return bli_info_get_version_str();
}

static const char *kernels(void)
{
    return bli_arch_string(bli_arch_query_id());
}

static const char *threading(void)
{
    if (bli_info_get_enable_openmp()) return "openmp";
    return bli_info_get_enable_pthreads() ? "pthreads" : "single";
}
#else
/* Where the library has them. The variables below come too late for one that reads them while it is loaded. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak));
extern void omp_set_num_threads(int threads) __attribute__((weak));

static bool use_one_thread(void)
{
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    if (omp_set_num_threads) omp_set_num_threads(1);
    return setenv("OMP_NUM_THREADS", "1", 1) == 0 && setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0;
}

static const char *version(void)
{
    return openblas_get_config ? openblas_get_config() : "unknown";
}

static const char *kernels(void)
{
    return openblas_get_corename ? openblas_get_corename() : "unknown";
}

static const char *threading(void)
{
    static const char *const names[] = {"single", "pthreads", "openmp"};
    const int kind = openblas_get_parallel ? openblas_get_parallel() : -1;
    return kind >= 0 && kind <= 2 ? names[kind] : "unknown";
}
#endif

kith_status kith_blas_start(kith_ctx *ctx)
{
    if (!use_one_thread())
        return kith_fail(ctx, KITH_EINTERNAL,
                         "%s did not take the setting of one thread per worker; build Kith with "
                         "another CBLAS (configure --with-blas)",
                         KITH_BLAS_NAME);
    flush_denormals();
    return KITH_OK;
}

size_t kith_blas_describe(char *text, size_t size)
{
    const int length =
        snprintf(text, size,
                 "blas=%s\nblas_version=%s\nblas_kernels=%s\nblas_threading=%s, 1 thread\n"
                 "own_products=%s\ndenormals=%s\n",
                 KITH_BLAS_NAME, version(), kernels(), threading(), kith_direct_arithmetic(), denormals());
    return length < 0 ? 0 : (size_t)length;
}

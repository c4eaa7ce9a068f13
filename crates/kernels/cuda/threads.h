// CUDA's words for a processor: a block's threads are those of the system, and blocks come one after another.
#pragma once

#include <barrier>
#include <cmath>
#include <cstring>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(threads)

struct Index {
    unsigned x;
};
inline thread_local Index threadIdx, blockIdx;
inline Index blockDim;
inline std::barrier<> *block;

using std::isfinite;

inline void __syncthreads() {
    block->arrive_and_wait();
}

inline unsigned atomicAdd(unsigned *to, unsigned more) {
    return __atomic_fetch_add(to, more, __ATOMIC_RELAXED);
}

inline void atomicMax(unsigned *to, unsigned other) {
    unsigned seen = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (seen < other && !__atomic_compare_exchange_n(to, &seen, other, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

inline void atomicMin(unsigned *to, unsigned other) {
    unsigned seen = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (seen > other && !__atomic_compare_exchange_n(to, &seen, other, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

inline unsigned __float_as_uint(float number) {
    unsigned bits;
    std::memcpy(&bits, &number, sizeof bits);
    return bits;
}

inline float __uint_as_float(unsigned bits) {
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

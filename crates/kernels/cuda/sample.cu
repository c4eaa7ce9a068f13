// Draws a token of each row of logits, so that only tokens go back to the host.
//
// A block of threads has one row. The draw is that of `sampler.rs` in the engine: the same settings in the same order, and the same masses to the last bit.
// Masses are added up in fixed point, and all else that threads write together are integers too, whose order does not matter: a row's token depends on nothing but its logits and its draw.
//
// A token is looked for by its place in the order in which the draw walks through the vocabulary.
// A place is a number of 50 bits, found ten bits at a time: the threads add up the masses by the next ten bits, and one of them walks through the 1024 sums.
// Nothing is sorted, and a mass is computed whenever it is asked for: a vocabulary's do not fit the memory that a block shares.

typedef unsigned int u32;
typedef unsigned long long u64;

// How the token of a row is drawn; `DeviceDraw` in src/sampling.rs.
struct Draw {
    double uniform;     // 0 to below 1
    double top_p;       // above 0; 1 filters nothing
    u64 top_k;          // 0 filters nothing
    float temperature;  // 0: the likeliest
    float min_p;        // the least mass that is kept; 0 filters nothing
};

// What was drawn; `DeviceDrawn` in src/sampling.rs.
struct Drawn {
    u64 sum;      // of the exponentials of all logits less the largest, in fixed point
    float below;  // the token's logit less the largest
    u32 token;    // NO_TOKEN where no logit is finite
};

const u32 NO_TOKEN = 0xFFFFFFFF;
const u32 TOKEN_BITS = 20;
const u32 MASS_BITS = 30;
const u32 DIGIT_BITS = 10;
const u32 N_DIGITS = 1 << DIGIT_BITS;
// So many digits' sums are added up by one thread.
const u32 STRETCH = 32;
const u64 LAST_PLACE = (1ull << (MASS_BITS + TOKEN_BITS)) - 1;
const u64 NO_PLACE = LAST_PLACE + 1;
// The bits of 1, the largest mass: those of positive numbers have the order of the numbers.
const u32 ONE = 0x3F800000;
// The fixed point's 1: the sum of a million masses fits 64 bits.
const float UNIT = 0x1p43f;

// A sum that threads add to. Shared memory adds words of 32 bits by itself; for a wider one each thread would try until no other came between.
struct Sum {
    u32 low;
    u32 high;
};

struct Row {
    const float *logits;
    u32 vocabulary;
    float largest;
    float temperature;
    bool is_by_token;
};

__device__ void add(Sum &sum, u64 more) {
    u32 low = (u32)more;
    u32 carry = atomicAdd(&sum.low, low) > 0xFFFFFFFF - low;
    u32 high = (u32)(more >> 32) + carry;
    if (high != 0) {
        atomicAdd(&sum.high, high);
    }
}

__device__ u64 total(const Sum &sum) {
    return (u64)sum.high << 32 | sum.low;
}

// e to the power of x, for x up to 0: the operations of src/exponential.rs one by one. Compiled without fused multiply-add, they give its bits.
__device__ float exponential(float x) {
    float clamped = x < -87.0f ? -87.0f : x;
    float rounded = clamped * 1.44269504f + 12582912.0f;
    float n = rounded - 12582912.0f;
    float r = (clamped - n * 0.6933594f) - n * -2.1219444e-4f;
    float series = 1.0f / 5040.0f;
    series = series * r + 1.0f / 720.0f;
    series = series * r + 1.0f / 120.0f;
    series = series * r + 1.0f / 24.0f;
    series = series * r + 1.0f / 6.0f;
    series = series * r + 0.5f;
    series = series * r + 1.0f;
    series = series * r + 1.0f;
    float power = __uint_as_float((__float_as_uint(rounded) + 127) << 23);
    return x < -87.0f ? 0.0f : series * power;
}

// A token's probability at a temperature over that of the likeliest; 0 where its logit is not finite.
__device__ float mass_of(const Row &row, u32 token) {
    float logit = row.logits[token];
    return isfinite(logit) ? exponential((logit - row.largest) / row.temperature) : 0.0f;
}

__device__ u64 fixed(float mass) {
    return (u64)(mass * UNIT);
}

// Where the draw comes to a token: the likelier and, among equals, the smaller is the earlier; or the smaller alone.
__device__ u64 place_of(const Row &row, u32 token, float mass) {
    u64 order = row.is_by_token ? 0 : ONE - __float_as_uint(mass);
    return mass > 0.0f ? order << TOKEN_BITS | token : NO_PLACE;
}

// The largest finite logit, and whether there is one.
__device__ bool find_largest(Row &row) {
    // Numbers of either sign in an order of unsigned ones, in which 0 comes before all.
    __shared__ u32 shared;
    if (threadIdx.x == 0) {
        shared = 0;
    }
    __syncthreads();
    u32 own = 0;
    for (u32 token = threadIdx.x; token < row.vocabulary; token += blockDim.x) {
        u32 bits = __float_as_uint(row.logits[token]);
        u32 ordered = bits >> 31 ? ~bits : bits | 0x80000000;
        own = isfinite(row.logits[token]) && ordered > own ? ordered : own;
    }
    atomicMax(&shared, own);
    __syncthreads();
    u32 ordered = shared;
    row.largest = __uint_as_float(ordered >> 31 ? ordered & 0x7FFFFFFF : ~ordered);
    return ordered != 0;
}

// The first token whose logit is the largest.
__device__ u32 likeliest(const Row &row) {
    __shared__ u32 shared;
    if (threadIdx.x == 0) {
        shared = NO_TOKEN;
    }
    __syncthreads();
    u32 own = NO_TOKEN;
    for (u32 token = threadIdx.x; token < row.vocabulary; token += blockDim.x) {
        own = row.logits[token] == row.largest && token < own ? token : own;
    }
    atomicMin(&shared, own);
    __syncthreads();
    return shared;
}

// The masses up to a place, added up.
__device__ u64 sum_to(const Row &row, u64 last) {
    __shared__ Sum shared;
    __syncthreads();
    if (threadIdx.x == 0) {
        shared = {0, 0};
    }
    __syncthreads();
    u64 own = 0;
    for (u32 token = threadIdx.x; token < row.vocabulary; token += blockDim.x) {
        float mass = mass_of(row, token);
        own += place_of(row, token, mass) <= last ? fixed(mass) : 0;
    }
    add(shared, own);
    __syncthreads();
    return total(shared);
}

// The digit at which the sums come to `wanted`, and takes from that what the digits before it have; the last one where they never do.
__device__ u32 first_digit(const Sum *sums, const u64 *stretches, u64 &wanted) {
    u32 stretch = 0;
    for (; stretch < N_DIGITS / STRETCH - 1 && stretches[stretch] < wanted; stretch++) {
        wanted -= stretches[stretch];
    }
    u32 digit = stretch * STRETCH;
    for (; digit < (stretch + 1) * STRETCH - 1 && total(sums[digit]) < wanted; digit++) {
        wanted -= total(sums[digit]);
    }
    return digit;
}

// The first place up to `last` at which what is counted comes to `wanted`: tokens, or their masses. The last of all places where it never does.
__device__ u64 first_place(const Row &row, u64 last, bool counts_tokens, u64 wanted) {
    __shared__ Sum sums[N_DIGITS];
    __shared__ u64 stretches[N_DIGITS / STRETCH];
    __shared__ u64 found, missing;
    u64 place = 0;
    for (int shift = row.is_by_token ? TOKEN_BITS : MASS_BITS + TOKEN_BITS; shift > 0; shift -= DIGIT_BITS) {
        for (u32 digit = threadIdx.x; digit < N_DIGITS; digit += blockDim.x) {
            sums[digit] = {0, 0};
        }
        __syncthreads();
        for (u32 token = threadIdx.x; token < row.vocabulary; token += blockDim.x) {
            float mass = mass_of(row, token);
            u64 own = place_of(row, token, mass);
            if (own <= last && own >> shift == place) {
                add(sums[own >> (shift - DIGIT_BITS) & (N_DIGITS - 1)], counts_tokens ? 1 : fixed(mass));
            }
        }
        __syncthreads();
        for (u32 stretch = threadIdx.x; stretch < N_DIGITS / STRETCH; stretch += blockDim.x) {
            u64 sum = 0;
            for (u32 digit = stretch * STRETCH; digit < (stretch + 1) * STRETCH; digit++) {
                sum += total(sums[digit]);
            }
            stretches[stretch] = sum;
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            found = place << DIGIT_BITS | first_digit(sums, stretches, wanted);
            missing = wanted;
        }
        __syncthreads();
        place = found;
        wanted = missing;
    }
    return place;
}

// The last place that passes all filters.
__device__ u64 last_kept(const Row &row, const Draw &draw) {
    u64 last = LAST_PLACE;
    if (draw.top_k > 0) {
        last = first_place(row, last, true, draw.top_k);
    }
    if (draw.top_p < 1.0) {
        last = first_place(row, last, false, (u64)ceil(draw.top_p * (double)sum_to(row, last)));
    }
    if (draw.min_p > 0.0f) {
        u64 least = (u64)(ONE - __float_as_uint(draw.min_p)) << TOKEN_BITS | ((1 << TOKEN_BITS) - 1);
        last = least < last ? least : last;
    }
    return last;
}

// Logits are (rows, vocabulary), draws and drawn (rows); a block for each row, of at most 1024 threads.
extern "C" __global__ void __launch_bounds__(1024)
sample(const float *logits, u32 vocabulary, const Draw *draws, Drawn *drawn) {
    Draw draw = draws[blockIdx.x];
    Row row = {logits + (u64)blockIdx.x * vocabulary, vocabulary, 0.0f, 1.0f, true};
    if (!find_largest(row)) {
        if (threadIdx.x == 0) {
            drawn[blockIdx.x] = {0, 0.0f, NO_TOKEN};
        }
        return;
    }
    u64 sum = sum_to(row, LAST_PLACE);
    u32 token;
    if (draw.temperature == 0.0f) {
        token = likeliest(row);
    } else {
        row.temperature = draw.temperature;
        row.is_by_token = draw.top_k == 0 && draw.top_p >= 1.0 && draw.min_p <= 0.0f;
        u64 last = last_kept(row, draw);
        u64 kept = sum_to(row, last);
        u64 target = (u64)(draw.uniform * (double)kept) + 1;
        token = first_place(row, last, false, target < kept ? target : kept) & ((1 << TOKEN_BITS) - 1);
    }
    if (threadIdx.x == 0) {
        drawn[blockIdx.x] = {sum, row.logits[token] - row.largest, token};
    }
}

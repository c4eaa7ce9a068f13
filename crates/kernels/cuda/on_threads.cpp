// Runs sample.cu on a processor: on_threads THREADS ROWS VOCABULARY <logits and draws >drawn
//
// It is what tests compare with the host's sampler where there is no GPU.
#include "threads.h"

#include "sample.cu"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

template <class T>
static void read(std::vector<T> &items) {
    if (fread(items.data(), sizeof(T), items.size(), stdin) != items.size()) {
        fputs("the input is too short\n", stderr);
        exit(2);
    }
}

int main(int, char **arguments) {
    unsigned n_threads = atoi(arguments[1]), rows = atoi(arguments[2]), vocabulary = atoi(arguments[3]);
    std::vector<float> logits((size_t)rows * vocabulary);
    std::vector<Draw> draws(rows);
    std::vector<Drawn> drawn(rows);
    read(logits);
    read(draws);

    std::barrier<> barrier(n_threads);
    block = &barrier;
    blockDim.x = n_threads;
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < n_threads; thread++) {
        threads.emplace_back([&, thread] {
            threadIdx.x = thread;
            for (blockIdx.x = 0; blockIdx.x < rows; blockIdx.x++) {
                sample(logits.data(), vocabulary, draws.data(), drawn.data());
                // Shared memory is that of the next block from here on.
                __syncthreads();
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    fwrite(drawn.data(), sizeof(Drawn), drawn.size(), stdout);
}

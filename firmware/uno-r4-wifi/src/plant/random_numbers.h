// Random numbers that come out the same on every machine.
#pragma once

#include <stdint.h>

namespace twinflow {

// PCG32 (XSH RR 64/32), M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for
// Random Number Generation", 2014.
class Pcg32 {
 public:
  // Different streams of one seed are independent of each other.
  Pcg32(uint64_t seed, uint64_t stream);

  uint32_t next();
  // From 0 (included) to 1 (excluded).
  float uniform();
  // Nearly Gaussian with mean 0 and standard deviation 1, never beyond 3.47.
  float gaussian();

 private:
  uint64_t state_;
  uint64_t increment_;
};

}  // namespace twinflow

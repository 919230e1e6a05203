#include "exact_arithmetic.h"
#include "random_numbers.h"

namespace twinflow {

Pcg32::Pcg32(uint64_t seed, uint64_t stream) : state_(0), increment_((stream << 1) | 1u) {
  next();
  state_ += seed;
  next();
}

uint32_t Pcg32::next() {
  const uint64_t old = state_;
  state_ = old * 6364136223846793005ull + increment_;
  const uint32_t shifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
  const uint32_t turn = static_cast<uint32_t>(old >> 59);
  return (shifted >> turn) | (shifted << ((32u - turn) & 31u));
}

// 24 bits, so that the conversion to float is exact.
float Pcg32::uniform() { return static_cast<float>(next() >> 8) * (1.0f / 16777216.0f); }

// The sum of four uniform 16-bit numbers, exact in integers: mean 4 * 32767.5, standard deviation 65536 / sqrt(3).
float Pcg32::gaussian() {
  constexpr float deviation = 1.7320508f / 65536.0f;
  const uint32_t first = next();
  const uint32_t second = next();
  const uint32_t sum = (first & 0xffffu) + (first >> 16) + (second & 0xffffu) + (second >> 16);
  return static_cast<float>(static_cast<int32_t>(sum) - 131070) * deviation;
}

}  // namespace twinflow

// How long to wait before the next attempt at something that failed.
#pragma once

#include <stdint.h>

namespace twinflow {

// Twice as long after each failure up to a limit, and each time between half and all of that by chance: boards that lost the same
// broker do not all come back in the same moment.
class Backoff {
 public:
  constexpr Backoff(uint32_t first_ms, uint32_t longest_ms) : first_ms_(first_ms), longest_ms_(longest_ms) {}

  // Whether the next attempt may begin. The first may at once.
  bool is_due(uint32_t now_ms) const;
  void failed(uint32_t now_ms, uint32_t random_bits);
  void succeeded() { failures_ = 0; }

  // The wait after the last failure.
  uint32_t wait_ms() const { return wait_ms_; }

 private:
  uint32_t first_ms_;
  uint32_t longest_ms_;
  uint32_t failures_ = 0;
  uint32_t wait_ms_ = 0;
  uint32_t failed_at_ms_ = 0;
};

}  // namespace twinflow

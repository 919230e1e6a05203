// The time of day, from the board's milliseconds and from time servers.
#pragma once

#include <stdint.h>

namespace twinflow {

class Clock {
 public:
  // To be called at least once in 49 days, so that no wrap of the board's milliseconds goes unseen.
  void tick(uint32_t now_ms);
  // Milliseconds since the start; does not wrap.
  uint64_t uptime_ms() const { return uptime_ms_; }

  // Says which time it was at an uptime: milliseconds since 1970.
  void set(uint64_t unix_ms, uint64_t at_uptime_ms);
  bool is_set() const { return is_set_; }
  // Milliseconds since 1970, 0 while it is not set. It does not go back when it is set back by less than two seconds: it waits.
  uint64_t unix_ms();

 private:
  uint64_t uptime_ms_ = 0;
  uint32_t last_ms_ = 0;
  bool is_set_ = false;
  // What to add to the uptime.
  uint64_t begin_unix_ms_ = 0;
  uint64_t last_unix_ms_ = 0;
};

}  // namespace twinflow

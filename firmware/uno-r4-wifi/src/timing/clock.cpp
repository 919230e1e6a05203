#include "clock.h"

namespace twinflow {

namespace {

constexpr uint64_t longest_wait_ms = 2000;

}  // namespace

void Clock::tick(uint32_t now_ms) {
  uptime_ms_ += now_ms - last_ms_;
  last_ms_ = now_ms;
}

void Clock::set(uint64_t unix_ms, uint64_t at_uptime_ms) {
  begin_unix_ms_ = unix_ms - at_uptime_ms;
  is_set_ = true;
}

uint64_t Clock::unix_ms() {
  if (!is_set_) return 0;
  const uint64_t now = begin_unix_ms_ + uptime_ms_;
  const bool is_set_back = now < last_unix_ms_;
  if (!is_set_back || last_unix_ms_ - now >= longest_wait_ms) last_unix_ms_ = now;
  return last_unix_ms_;
}

}  // namespace twinflow

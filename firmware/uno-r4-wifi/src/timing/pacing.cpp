#include "pacing.h"

namespace twinflow {

void Pacing::set_rate_hz(float rate_hz) { period_us_ = static_cast<uint32_t>(1e6f / rate_hz + 0.5f); }

void Pacing::start(uint32_t now_ms) {
  due_ms_ = now_ms;
  due_us_ = 0;
  advance();
}

void Pacing::advance() {
  due_us_ += period_us_ % 1000;
  due_ms_ += period_us_ / 1000 + due_us_ / 1000;
  due_us_ %= 1000;
}

bool Pacing::is_due(uint32_t now_ms, uint32_t longest_wait_ms) {
  if (!has_come(now_ms, due_ms_)) return false;
  advance();
  // By whole periods, so that the beats stay where they would have been.
  while (has_come(now_ms, due_ms_) && now_ms - due_ms_ >= longest_wait_ms) advance();
  return true;
}

}  // namespace twinflow

#include "backoff.h"

namespace twinflow {

bool Backoff::is_due(uint32_t now_ms) const {
  // As a difference: right across the wrap of the clock.
  return failures_ == 0 || now_ms - failed_at_ms_ >= wait_ms_;
}

void Backoff::failed(uint32_t now_ms, uint32_t random_bits) {
  uint32_t whole_ms = first_ms_;
  for (uint32_t failure = 0; failure < failures_ && whole_ms < longest_ms_; ++failure) whole_ms *= 2;
  if (whole_ms > longest_ms_) whole_ms = longest_ms_;
  const uint32_t half_ms = whole_ms / 2;
  wait_ms_ = half_ms + random_bits % (whole_ms - half_ms + 1);
  failed_at_ms_ = now_ms;
  ++failures_;
}

}  // namespace twinflow

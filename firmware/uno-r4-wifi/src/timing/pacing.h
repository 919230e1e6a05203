// When what happens at a rate is due, without drift.
#pragma once

#include <stdint.h>

namespace twinflow {

// Whether the clock has come to `at_ms`. Right across the wrap of the clock, as long as they are less than 24 days apart.
inline bool has_come(uint32_t now_ms, uint32_t at_ms) { return static_cast<int32_t>(now_ms - at_ms) >= 0; }

// Beats at a fixed rate. Periods that are no whole number of milliseconds are kept on average, and a beat that is noticed late does
// not make the next ones late.
class Pacing {
 public:
  // A rate from 0.001 to 1000 Hz.
  explicit Pacing(float rate_hz) { set_rate_hz(rate_hz); }

  // From the beat after the next on.
  void set_rate_hz(float rate_hz);
  // The first beat after this is due a period later.
  void start(uint32_t now_ms);
  // Whether a beat is due; each is given once. Those that are later than `longest_wait_ms` by then are lost.
  bool is_due(uint32_t now_ms, uint32_t longest_wait_ms);

 private:
  void advance();

  uint32_t period_us_ = 1000000;
  uint32_t due_ms_ = 0;
  // What of a millisecond the next beat is behind due_ms_.
  uint32_t due_us_ = 0;
};

}  // namespace twinflow

#include "tachometer.h"

namespace twinflow {

namespace {

// At 3000 rpm and two pulses a turn there are a hundred pulses in this time: one more or less is 30 rpm.
constexpr uint32_t gate_ms = 1000;
constexpr float ms_per_minute = 60000.0f;

}  // namespace

void Tachometer::poll(uint32_t now_ms) {
  if (has_begun_ && now_ms - counted_ms_ < gate_ms) return;
  const uint32_t pulses = buses_.tachometer_pulses();
  if (has_begun_) {
    const float turns = static_cast<float>(pulses - counted_pulses_) / static_cast<float>(pulses_per_turn_);
    rpm_ = turns * ms_per_minute / static_cast<float>(now_ms - counted_ms_);
  }
  has_begun_ = true;
  counted_ms_ = now_ms;
  counted_pulses_ = pulses;
}

bool Tachometer::read(uint32_t, float &rpm) {
  rpm = rpm_;
  return true;
}

}  // namespace twinflow

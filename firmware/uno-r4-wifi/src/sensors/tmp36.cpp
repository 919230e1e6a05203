#include "tmp36.h"

namespace twinflow {

namespace {

constexpr float at_zero_c_v = 0.5f;
constexpr float v_per_c = 0.01f;
// It measures from -40 to 125 °C: beyond that no TMP36 hangs on the pin.
constexpr float lowest_v = 0.08f;
constexpr float highest_v = 1.8f;

}  // namespace

void Tmp36::poll(uint32_t) {
  sum_v_ += buses_.analog_share(pin_) * supply_v_;
  ++samples_;
}

bool Tmp36::read(uint32_t, float &temp_c) {
  if (samples_ == 0) return false;
  const float mean_v = sum_v_ / static_cast<float>(samples_);
  sum_v_ = 0.0f;
  samples_ = 0;
  if (mean_v < lowest_v || mean_v > highest_v) return false;
  temp_c = (mean_v - at_zero_c_v) / v_per_c + offset_c_;
  return true;
}

}  // namespace twinflow

#include "acs712.h"

#include <math.h>

namespace twinflow {

void Acs712::poll(uint32_t) {
  const float volts = buses_.analog_share(pin_) * calibration_.supply_v;
  const float current_a = (volts - calibration_.zero_v) / calibration_.v_per_a;
  sum_a_ += current_a;
  sum_of_squares_ += current_a * current_a;
  ++samples_;
}

bool Acs712::read(uint32_t, float &current_a) {
  if (samples_ == 0) return false;
  const float mean_a = sum_a_ / static_cast<float>(samples_);
  const float mean_square = sum_of_squares_ / static_cast<float>(samples_);
  sum_a_ = 0.0f;
  sum_of_squares_ = 0.0f;
  samples_ = 0;
  // Which way round its wires are is no matter.
  current_a = calibration_.is_alternating ? sqrtf(mean_square) : fabsf(mean_a);
  return true;
}

}  // namespace twinflow

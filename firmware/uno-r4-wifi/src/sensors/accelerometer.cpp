#include "accelerometer.h"

#include <math.h>

namespace twinflow {

void VibrationRms::add(float x_g, float y_g, float z_g) {
  const float values[3] = {x_g, y_g, z_g};
  ++samples_;
  for (int axis = 0; axis < 3; ++axis) {
    const float before = values[axis] - mean_[axis];
    mean_[axis] += before / static_cast<float>(samples_);
    squares_[axis] += before * (values[axis] - mean_[axis]);
  }
}

bool VibrationRms::take(float &rms_g) {
  const bool is_enough = samples_ >= 2;
  if (is_enough) rms_g = sqrtf((squares_[0] + squares_[1] + squares_[2]) / static_cast<float>(samples_));
  *this = VibrationRms();
  return is_enough;
}

bool Accelerometer::has_id(uint8_t at, uint8_t id) {
  uint8_t found = 0;
  return read_registers(at, &found, 1) && found == id;
}

void Accelerometer::poll(uint32_t now_ms) {
  if (now_ms - polled_ms_ < poll_ms_) return;
  polled_ms_ = now_ms;
  // A device that lost its supply has lost its settings, too.
  if (!is_set_up_) is_set_up_ = set_up();
  if (is_set_up_) is_set_up_ = take_samples(rms_);
}

bool Accelerometer::read(uint32_t, float &vibration_g) {
  // Two readings may lie so near to each other that there are no samples between them: the last value still holds then.
  has_value_ = rms_.take(vibration_g_) || (has_value_ && is_set_up_);
  if (has_value_) vibration_g = vibration_g_;
  return has_value_;
}

}  // namespace twinflow

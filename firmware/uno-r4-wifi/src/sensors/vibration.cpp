#include "vibration.h"

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

}  // namespace twinflow

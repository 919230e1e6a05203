// The effective value of a vibration, from the accelerations in three directions. Gravity, which does not change, is taken out.
#pragma once

#include <stdint.h>

namespace twinflow {

class VibrationRms {
 public:
  void add(float x_g, float y_g, float z_g);
  // Of all since it was last asked; false without at least two.
  bool take(float &rms_g);

 private:
  // Welford's running mean and sum of squared differences: gravity is a hundred times the vibration.
  float mean_[3] = {};
  float squares_[3] = {};
  uint32_t samples_ = 0;
};

}  // namespace twinflow

// Vibration by an MPU6050. It is asked as fast as the loop runs, but not twice for the same sample.
#pragma once

#include "accelerometer.h"

namespace twinflow {

class Mpu6050 final : public Accelerometer {
 public:
  Mpu6050(Buses &buses, uint8_t address) : Accelerometer(buses, address, 2) {}

 private:
  bool set_up() override;
  bool take_samples(VibrationRms &rms) override;
};

}  // namespace twinflow

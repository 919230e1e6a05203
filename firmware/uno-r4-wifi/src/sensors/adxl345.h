// Vibration by an ADXL345. Its own memory of 32 samples bridges the times in which the board is busy.
#pragma once

#include "accelerometer.h"

namespace twinflow {

class Adxl345 final : public Accelerometer {
 public:
  Adxl345(Buses &buses, uint8_t address) : Accelerometer(buses, address, 10) {}

 private:
  bool set_up() override;
  bool take_samples(VibrationRms &rms) override;
};

}  // namespace twinflow

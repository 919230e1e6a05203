// Vibration by an ADXL345 on the I2C bus. Its own memory of 32 samples bridges the times in which the board is busy.
#pragma once

#include "buses.h"
#include "sensor.h"
#include "vibration.h"

namespace twinflow {

class Adxl345 : public Sensor {
 public:
  Adxl345(Buses &buses, uint8_t address) : buses_(buses), address_(address) {}

  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &vibration_g) override;

 private:
  bool set_up();

  Buses &buses_;
  uint8_t address_;
  bool is_set_up_ = false;
  uint32_t polled_ms_ = 0;
  VibrationRms rms_;
  bool has_value_ = false;
  float vibration_g_ = 0.0f;
};

}  // namespace twinflow

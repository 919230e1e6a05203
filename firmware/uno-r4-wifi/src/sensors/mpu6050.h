// Vibration by an MPU6050 on the I2C bus.
#pragma once

#include "buses.h"
#include "sensor.h"
#include "vibration.h"

namespace twinflow {

class Mpu6050 : public Sensor {
 public:
  Mpu6050(Buses &buses, uint8_t address) : buses_(buses), address_(address) {}

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

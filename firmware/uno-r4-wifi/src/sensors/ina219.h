// Direct current by an INA219 on the I2C bus, from the voltage over its shunt.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

class Ina219 : public Sensor {
 public:
  Ina219(Buses &buses, uint8_t address, float shunt_ohm)
      : buses_(buses), address_(address), shunt_ohm_(shunt_ohm) {}

  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &current_a) override;

 private:
  Buses &buses_;
  uint8_t address_;
  float shunt_ohm_;
  bool is_set_up_ = false;
  uint32_t polled_ms_ = 0;
  float sum_a_ = 0.0f;
  uint32_t samples_ = 0;
};

}  // namespace twinflow

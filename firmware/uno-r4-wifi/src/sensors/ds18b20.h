// Temperature by a DS18B20 on a one-wire bus.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

class Ds18b20 : public Sensor {
 public:
  Ds18b20(Buses &buses, float offset_c) : buses_(buses), offset_c_(offset_c) {}

  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &temp_c) override;

 private:
  bool begin_conversion();
  bool take_result();

  Buses &buses_;
  float offset_c_;
  bool is_converting_ = false;
  bool was_tried_ = false;
  uint32_t began_ms_ = 0;
  bool has_value_ = false;
  float temp_c_ = 0.0f;
};

}  // namespace twinflow

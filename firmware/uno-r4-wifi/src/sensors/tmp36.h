// Temperature by a TMP36 on an analogue pin.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

class Tmp36 : public Sensor {
 public:
  Tmp36(Buses &buses, int pin, float supply_v, float offset_c)
      : buses_(buses), pin_(pin), supply_v_(supply_v), offset_c_(offset_c) {}

  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &temp_c) override;

 private:
  Buses &buses_;
  int pin_;
  float supply_v_;
  float offset_c_;
  float sum_v_ = 0.0f;
  uint32_t samples_ = 0;
};

}  // namespace twinflow

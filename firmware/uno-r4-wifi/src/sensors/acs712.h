// Current by an ACS712 on an analogue pin.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

struct Acs712Calibration {
  float supply_v;
  float zero_v;
  float v_per_a;
  // The effective value of alternating current, or the mean of direct current.
  bool is_alternating;
};

class Acs712 : public Sensor {
 public:
  Acs712(Buses &buses, int pin, const Acs712Calibration &calibration)
      : buses_(buses), pin_(pin), calibration_(calibration) {}

  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &current_a) override;

 private:
  Buses &buses_;
  int pin_;
  Acs712Calibration calibration_;
  float sum_a_ = 0.0f;
  float sum_of_squares_ = 0.0f;
  uint32_t samples_ = 0;
};

}  // namespace twinflow

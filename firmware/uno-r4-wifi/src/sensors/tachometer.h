// Speed by the pulses of the fan's tachometer, which an interrupt counts.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

class Tachometer : public Sensor {
 public:
  Tachometer(Buses &buses, uint32_t pulses_per_turn) : buses_(buses), pulses_per_turn_(pulses_per_turn) {}

  void poll(uint32_t now_ms) override;
  // A fan that stands gives no pulses: it has 0 rpm, and so has a cut wire.
  bool read(uint32_t now_ms, float &rpm) override;

 private:
  Buses &buses_;
  uint32_t pulses_per_turn_;
  bool has_begun_ = false;
  uint32_t counted_ms_ = 0;
  uint32_t counted_pulses_ = 0;
  float rpm_ = 0.0f;
};

}  // namespace twinflow

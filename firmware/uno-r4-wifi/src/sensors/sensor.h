// One quantity that is really measured. Where there is no sensor, the simulated plant gives the figure.
#pragma once

#include <stdint.h>

namespace twinflow {

class Sensor {
 public:
  // Called again and again, at least every few milliseconds: takes what has come, never waits.
  virtual void poll(uint32_t now_ms) = 0;
  // The figure of the time since it was last asked for, in the unit of the payload. False if the sensor does not answer.
  virtual bool read(uint32_t now_ms, float &value) = 0;

 protected:
  ~Sensor() = default;
};

// The sensors of the four channels; a missing one is simulated.
struct SensorSet {
  Sensor *temp_c = nullptr;
  Sensor *rpm = nullptr;
  Sensor *current_a = nullptr;
  Sensor *vibration_g = nullptr;
};

}  // namespace twinflow

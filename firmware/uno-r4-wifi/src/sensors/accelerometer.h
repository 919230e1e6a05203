// Vibration by an acceleration sensor on the I2C bus: what all of that kind have in common.
#pragma once

#include "buses.h"
#include "sensor.h"

namespace twinflow {

// The effective value of a vibration, from the accelerations in three directions. Gravity, which does not change, is taken out.
class VibrationRms {
 public:
  void add(float x_g, float y_g, float z_g);
  // Of all since it was last asked; false without at least two.
  bool take(float &rms_g);

 private:
  // Welford's running mean and sum of squared differences: gravity is a hundred times the vibration.
  float mean_[3] = {};
  float squares_[3] = {};
  uint32_t samples_ = 0;
};

class Accelerometer : public Sensor {
 public:
  void poll(uint32_t now_ms) override;
  bool read(uint32_t now_ms, float &vibration_g) override;

 protected:
  Accelerometer(Buses &buses, uint8_t address, uint32_t poll_ms)
      : buses_(buses), address_(address), poll_ms_(poll_ms) {}
  ~Accelerometer() = default;

  // Makes the device ready; false if it does not answer, or is another one.
  virtual bool set_up() = 0;
  // Takes the samples that the device has; false if it does not answer.
  virtual bool take_samples(VibrationRms &rms) = 0;

  bool has_id(uint8_t at, uint8_t id);
  bool write(uint8_t at, uint8_t value) { return buses_.write_register(address_, at, &value, 1); }
  bool read_registers(uint8_t at, uint8_t *bytes, size_t size) {
    return buses_.read_registers(address_, at, bytes, size);
  }

 private:
  Buses &buses_;
  uint8_t address_;
  uint32_t poll_ms_;
  bool is_set_up_ = false;
  uint32_t polled_ms_ = 0;
  VibrationRms rms_;
  bool has_value_ = false;
  float vibration_g_ = 0.0f;
};

}  // namespace twinflow

// The wires to the sensors, by the Arduino libraries.
#pragma once

#include "../sensors/buses.h"

namespace twinflow {

class UnoBuses final : public Buses {
 public:
  // Sets up what the sensors chosen in config.h need.
  void begin();

  float analog_share(int pin) override;
  bool write_register(uint8_t device, uint8_t at, const uint8_t *bytes, size_t size) override;
  bool read_registers(uint8_t device, uint8_t at, uint8_t *bytes, size_t size) override;
  bool one_wire_reset() override;
  void one_wire_write(uint8_t byte) override;
  uint8_t one_wire_read() override;
  uint32_t tachometer_pulses() override;
};

}  // namespace twinflow

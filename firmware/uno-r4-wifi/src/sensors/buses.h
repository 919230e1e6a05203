// The wires that sensors hang on. The board implements it with the Arduino libraries, tests with make-believe.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace twinflow {

class Buses {
 public:
  // Voltage of an analogue pin as a share of the supply, 0 to 1.
  virtual float analog_share(int pin) = 0;

  // Registers of an I2C device; false if it does not answer.
  virtual bool write_register(uint8_t device, uint8_t at, const uint8_t *bytes, size_t size) = 0;
  virtual bool read_registers(uint8_t device, uint8_t at, uint8_t *bytes, size_t size) = 0;

  // One device on a one-wire bus; false if there is none.
  virtual bool one_wire_reset() = 0;
  virtual void one_wire_write(uint8_t byte) = 0;
  virtual uint8_t one_wire_read() = 0;

  // Pulses of the tachometer since the start; wraps.
  virtual uint32_t tachometer_pulses() = 0;

 protected:
  ~Buses() = default;
};

}  // namespace twinflow

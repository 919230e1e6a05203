// See Arduino.h beside this file.
#pragma once

#include <Arduino.h>

class OneWire {
 public:
  explicit OneWire(uint8_t pin);
  uint8_t reset();
  void write(uint8_t value, uint8_t power = 0);
  uint8_t read();
};

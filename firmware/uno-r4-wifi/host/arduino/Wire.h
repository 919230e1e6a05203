// See Arduino.h beside this file.
#pragma once

#include <Arduino.h>

class TwoWire : public Stream {
 public:
  void begin();
  void setClock(uint32_t);
  void beginTransmission(uint8_t);
  uint8_t endTransmission();
  uint8_t endTransmission(bool);
  size_t requestFrom(uint8_t, size_t);
  size_t write(uint8_t) override;
  size_t write(const uint8_t *, size_t) override;
  int available() override;
  int read() override;
};
extern TwoWire Wire1;

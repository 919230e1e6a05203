// See Arduino.h beside this file.
#pragma once

#include <Arduino.h>

class ArduinoLEDMatrix {
 public:
  int begin();
  void loadFrame(const uint32_t buffer[3]);
};

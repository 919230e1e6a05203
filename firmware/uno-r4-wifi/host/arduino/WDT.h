// See Arduino.h beside this file.
#pragma once

#include <Arduino.h>

class WDTimer {
 public:
  int begin(uint32_t timeout_ms);
  void refresh();
};
extern WDTimer WDT;

// What can be wrong with the fan, and how strongly each fault acts at the moment.
#pragma once

#include <stdint.h>

namespace twinflow {

// The numbers are the codes on the wire.
enum class FaultClass : uint8_t {
  none = 0,
  overcurrent = 1,
  cooling_degradation = 2,
  imbalance = 3,
  thermal_overload = 4,
};

constexpr uint32_t fault_classes = 5;

// The class's name in commands and logs, such as "cooling_degradation".
const char *name_of(FaultClass fault_class);

// A fault class with its severity from 0 to 1. Class none always has severity 0.
struct Fault {
  FaultClass fault_class = FaultClass::none;
  float severity = 0.0f;

  bool operator==(const Fault &other) const {
    return fault_class == other.fault_class && severity == other.severity;
  }
  bool operator!=(const Fault &other) const { return !(*this == other); }
};

// A fault of a severity that is held within 0 to 1.
Fault fault_of(FaultClass fault_class, float severity);

// How strongly each fault acts, 0 to 1: a fault neither comes nor goes at once.
struct FaultLevels {
  float overcurrent = 0.0f;
  float cooling_degradation = 0.0f;
  float imbalance = 0.0f;
  float thermal_overload = 0.0f;

  // Moves every level towards the injected fault over dt_s seconds.
  void follow(const Fault &fault, float dt_s);
};

}  // namespace twinflow

// What an operator sets: control mode, speed, loads, and a fault to inject.
#pragma once

#include "fault.h"

namespace twinflow {

enum class ControlMode : uint8_t {
  // The controller sets the speed, from the temperature.
  automatic,
  // The operator does, by speed_command_pct.
  manual,
};

inline const char *name_of(ControlMode mode) { return mode == ControlMode::manual ? "manual" : "automatic"; }

// Whoever fills one keeps its values within the limits below. The default is the automatic control of a process of 100 W:
// about 31 °C, 1850 rpm and 1 A in a room of 22 °C.
struct Command {
  ControlMode control_mode = ControlMode::automatic;
  float speed_command_pct = 50.0f;
  float process_heat_load_w = 100.0f;
  float mechanical_load = 0.3f;
  Fault fault;
};

struct Limits {
  float min;
  float max;

  // NaN lies in no range.
  constexpr bool hold(float value) const { return value >= min && value <= max; }
};

constexpr Limits speed_command_pct_limits = {0.0f, 100.0f};
constexpr Limits process_heat_load_w_limits = {0.0f, 500.0f};
constexpr Limits mechanical_load_limits = {0.0f, 1.0f};
constexpr Limits severity_limits = {0.0f, 1.0f};
constexpr Limits ambient_c_limits = {-20.0f, 50.0f};

}  // namespace twinflow

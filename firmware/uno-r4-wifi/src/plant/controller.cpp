#include "exact_arithmetic.h"
#include "controller.h"

namespace twinflow {

namespace {

constexpr float setpoint_c = 28.0f;
constexpr float speed_at_setpoint = 0.5f;
constexpr float gain_per_c = 0.035f;
// An automatic fan never stops: still air over the sensor would read the wrong temperature.
constexpr float min_automatic_speed = 0.2f;

}  // namespace

float commanded_speed(ControlMode mode, float speed_command_pct, float measured_c) {
  if (mode == ControlMode::manual) return speed_command_pct / 100.0f;
  const float proportional = speed_at_setpoint + gain_per_c * (measured_c - setpoint_c);
  if (proportional < min_automatic_speed) return min_automatic_speed;
  return proportional > 1.0f ? 1.0f : proportional;
}

}  // namespace twinflow

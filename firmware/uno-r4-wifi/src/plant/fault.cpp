#include "exact_arithmetic.h"
#include "fault.h"

namespace twinflow {

namespace {

// Time constants in s: an electrical fault is there within a second, dust settles over tens.
constexpr float overcurrent_tau_s = 1.0f;
constexpr float cooling_degradation_tau_s = 8.0f;
constexpr float imbalance_tau_s = 2.0f;
constexpr float thermal_overload_tau_s = 3.0f;

void approach(float &level, const Fault &fault, FaultClass fault_class, float dt_s, float tau_s) {
  const float target = fault.fault_class == fault_class ? fault.severity : 0.0f;
  level += (target - level) * (dt_s / tau_s);
}

}  // namespace

const char *name_of(FaultClass fault_class) {
  switch (fault_class) {
    case FaultClass::overcurrent: return "overcurrent";
    case FaultClass::cooling_degradation: return "cooling_degradation";
    case FaultClass::imbalance: return "imbalance";
    case FaultClass::thermal_overload: return "thermal_overload";
    case FaultClass::none: break;
  }
  return "none";
}

Fault fault_of(FaultClass fault_class, float severity) {
  Fault fault;
  if (fault_class == FaultClass::none) return fault;
  fault.fault_class = fault_class;
  fault.severity = severity < 0.0f ? 0.0f : severity > 1.0f ? 1.0f : severity;
  return fault;
}

void FaultLevels::follow(const Fault &fault, float dt_s) {
  approach(overcurrent, fault, FaultClass::overcurrent, dt_s, overcurrent_tau_s);
  approach(cooling_degradation, fault, FaultClass::cooling_degradation, dt_s, cooling_degradation_tau_s);
  approach(imbalance, fault, FaultClass::imbalance, dt_s, imbalance_tau_s);
  approach(thermal_overload, fault, FaultClass::thermal_overload, dt_s, thermal_overload_tau_s);
}

}  // namespace twinflow

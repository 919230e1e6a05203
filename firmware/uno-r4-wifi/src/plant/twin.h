// The machine as it should be: the plant's model, run in step with a real fan. The C++ of firmware/plant/src/twin.rs.
#pragma once

#include "plant.h"

namespace twinflow {

// What is known of a fan beside its sensors.
struct TwinInputs {
  ControlMode control_mode = ControlMode::automatic;
  float speed_command_pct = 50.0f;
  float heat_load_w = 100.0f;
  float mechanical_load = 0.3f;
};

// What differs from a sound fan is the fault. The room's temperature is estimated while the fan is first seen, which is taken
// to be sound at that time.
class Twin {
 public:
  // Takes a reading that came after_s seconds behind the one before, and says what it should have been.
  Reading follow(const Reading &measured, const TwinInputs &inputs, float after_s);

  // Whether it has seen enough to expect a temperature of its own.
  bool is_settled() const;

 private:
  void settle(const Reading &measured, float heat_w, float conductance_w_per_c, float after_s);

  float seen_s_ = 0.0f;
  float ambient_c_ = 0.0f;
  float temp_c_ = 0.0f;
  float speed_ = 0.0f;
  float begin_c_ = 0.0f;
  float mean_temp_c_ = 0.0f;
  float mean_rise_c_ = 0.0f;
  float mean_conductance_w_per_c_ = 0.0f;
  float readings_ = 0.0f;
};

}  // namespace twinflow

#include "exact_arithmetic.h"
#include "twin.h"

#include "controller.h"

namespace twinflow {

namespace {

// For so long the room's temperature is estimated afresh, and the expected temperature is the measured one.
constexpr float settle_s = 10.0f;
// Then the estimate follows what is left of the difference, so slowly that a fault is not taken for the weather.
constexpr float track_s = 7200.0f;
// After a longer silence the model begins again at the measured values.
constexpr float silence_s = 60.0f;
constexpr float longest_step_s = 0.1f;

constexpr float passive_cooling_w_per_c = 1.0f / passive_resistance_c_per_w;

void move_mean(float &mean, float value, float readings) { mean += (value - mean) / readings; }

}  // namespace

bool Twin::is_settled() const { return seen_s_ >= settle_s; }

Reading Twin::follow(const Reading &measured, const TwinInputs &inputs, float after_s) {
  const float commanded =
      commanded_speed(inputs.control_mode, inputs.speed_command_pct, measured.temp_c);
  const float n = measured.rpm / rated_rpm;
  const bool begins = readings_ == 0.0f || !(after_s >= 0.0f && after_s <= silence_s);
  if (begins) {
    temp_c_ = measured.temp_c;
    speed_ = n;
    after_s = 0.0f;
  }
  const float conductance_w_per_c = passive_cooling_w_per_c + active_cooling_w_per_c * n;
  if (seen_s_ < settle_s) settle(measured, inputs.heat_load_w, conductance_w_per_c, after_s);
  float left_s = after_s;
  while (left_s > 0.0f) {
    const float dt_s = left_s < longest_step_s ? left_s : longest_step_s;
    left_s -= dt_s;
    speed_ += (commanded - speed_) * (dt_s / speed_tau_s);
    const float given_off_w = (temp_c_ - ambient_c_) * conductance_w_per_c;
    temp_c_ += (inputs.heat_load_w - given_off_w) * (dt_s / heat_capacity_j_per_c);
  }
  if (seen_s_ < settle_s) {
    temp_c_ = measured.temp_c;
  } else {
    ambient_c_ += (measured.temp_c - temp_c_) * (after_s / track_s);
  }
  Reading expected;
  expected.temp_c = temp_c_;
  expected.rpm = rated_rpm * speed_;
  if (commanded > 0.0f) {
    expected.current_a = idle_current_a + speed_current_a * n + load_current_a * inputs.mechanical_load;
    expected.vibration_g = idle_vibration_g + load_vibration_g * inputs.mechanical_load;
  }
  expected.vibration_g = expected.vibration_g + speed_vibration_g * n;
  return expected;
}

// Estimates the room's temperature from the balance of heat over all that was seen so far: what the process gives off leaves
// through the walls and with the air, or warms it up.
void Twin::settle(const Reading &measured, float heat_w, float conductance_w_per_c, float after_s) {
  if (readings_ == 0.0f) begin_c_ = measured.temp_c;
  seen_s_ += after_s;
  readings_ += 1.0f;
  move_mean(mean_temp_c_, measured.temp_c, readings_);
  move_mean(mean_rise_c_, heat_w / conductance_w_per_c, readings_);
  move_mean(mean_conductance_w_per_c_, conductance_w_per_c, readings_);
  // Over less than a second the sensor's noise would be taken for a warming.
  const float warming_c_per_s = seen_s_ < 1.0f ? 0.0f : (measured.temp_c - begin_c_) / seen_s_;
  const float warming_c = heat_capacity_j_per_c * warming_c_per_s / mean_conductance_w_per_c_;
  ambient_c_ = mean_temp_c_ - mean_rise_c_ + warming_c;
}

}  // namespace twinflow

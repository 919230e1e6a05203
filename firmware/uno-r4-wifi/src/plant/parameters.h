// The figures of a sound fan and of the process it cools; n is the speed as a fraction of full speed.
#pragma once

namespace twinflow {

constexpr float rated_rpm = 3000.0f;
constexpr float speed_tau_s = 1.8f;
constexpr float heat_capacity_j_per_c = 650.0f;
constexpr float passive_resistance_c_per_w = 0.18f;
constexpr float active_cooling_w_per_c = 8.0f;
constexpr float idle_current_a = 0.18f;
constexpr float speed_current_a = 1.05f;
constexpr float load_current_a = 0.55f;
constexpr float idle_vibration_g = 0.010f;
constexpr float speed_vibration_g = 0.020f;
constexpr float load_vibration_g = 0.008f;

}  // namespace twinflow

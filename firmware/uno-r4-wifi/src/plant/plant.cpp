#include "exact_arithmetic.h"
#include "plant.h"

#include "controller.h"

namespace twinflow {

namespace {

constexpr float step_s = 0.1f;
constexpr float start_up_current_factor = 1.15f;

// Effects of the faults at level 1.
constexpr float overcurrent_current_share = 0.6f;
constexpr float overcurrent_speed_loss = 0.06f;
constexpr float overcurrent_heat_w = 20.0f;
constexpr float degradation_cooling_loss = 0.8f;
constexpr float degradation_current_share = -0.45f;
constexpr float degradation_vibration_g = 0.012f;
constexpr float imbalance_vibration_g = 0.11f;
constexpr float imbalance_current_share = 0.03f;
constexpr float imbalance_spike_chance = 0.12f;
constexpr float imbalance_spike_g = 0.07f;
constexpr float overload_heat_w = 220.0f;
constexpr float overload_load = 0.6f;

// Knocks from outside, which a sound fan gets too.
constexpr float knock_chance = 0.004f;
constexpr float knock_g = 0.03f;

constexpr float temp_noise_c = 0.012f;
constexpr float speed_noise_rpm = 12.0f;
constexpr float current_noise_a = 0.010f;
constexpr float vibration_noise_g = 0.002f;

constexpr float high_load_enter_w = 210.0f;
constexpr float high_load_leave_w = 185.0f;
constexpr float start_up_ends_at = 0.95f;

float clamped(float value, float min, float max) { return value < min ? min : value > max ? max : value; }

float not_negative(float value) { return value > 0.0f ? value : 0.0f; }

Mode next_mode(Mode mode, float speed_command, float speed, float heat_w) {
  if (speed_command <= 0.0f) return Mode::off;
  if (mode == Mode::off) return Mode::start_up;
  if (mode == Mode::start_up && speed < speed_command * start_up_ends_at) return Mode::start_up;
  if (mode == Mode::high_load && heat_w > high_load_leave_w) return Mode::high_load;
  return heat_w >= high_load_enter_w ? Mode::high_load : Mode::normal;
}

}  // namespace

const char *name_of(Mode mode) {
  switch (mode) {
    case Mode::start_up: return "START-UP";
    case Mode::normal: return "NORMAL";
    case Mode::high_load: return "HIGH_LOAD";
    case Mode::off: break;
  }
  return "OFF";
}

float Drift::step(float gaussian) {
  value = clamped(value * keep + kick * gaussian, -limit, limit);
  return value;
}

// The random numbers of one step. All are drawn in every step, in this order, so that two plants of one seed meet the same
// noise whatever they are told to do.
struct Plant::Draws {
  float heat, load, ambient, temp, speed, current, vibration, unbalance, spike, knock;

  explicit Draws(Pcg32 &random) {
    heat = random.gaussian();
    load = random.gaussian();
    ambient = random.gaussian();
    temp = random.gaussian();
    speed = random.gaussian();
    current = random.gaussian();
    vibration = random.gaussian();
    unbalance = random.uniform();
    spike = random.uniform();
    knock = random.uniform();
  }
};

Plant::Plant(uint64_t seed, float ambient_c)
    : ambient_c_(ambient_c),
      heat_drift_{0.0f, 0.9983347f, 0.08f * 0.057687f, 0.24f},
      load_drift_{0.0f, 0.9950125f, 0.04f * 0.099750f, 0.12f},
      ambient_drift_{0.0f, 0.9996667f, 0.4f * 0.025816f, 1.2f},
      random_(seed, 1) {
  state_.temp_c = ambient_c;
  state_.ambient_c = ambient_c;
  reading_.temp_c = ambient_c;
}

void Plant::step() {
  const Draws draws(random_);
  levels_.follow(command_.fault, step_s);

  const float ambient_c = ambient_c_ + ambient_drift_.step(draws.ambient);
  const float set_heat_w = command_.process_heat_load_w * (1.0f + heat_drift_.step(draws.heat));
  const float heat_w = not_negative(set_heat_w) + overload_heat_w * levels_.thermal_overload +
                       overcurrent_heat_w * levels_.overcurrent;
  const float set_load = command_.mechanical_load + load_drift_.step(draws.load);
  const float load = clamped(set_load + overload_load * levels_.thermal_overload, 0.0f, 1.0f);

  const float commanded =
      commanded_speed(command_.control_mode, command_.speed_command_pct, reading_.temp_c);
  const float reachable = commanded * (1.0f - overcurrent_speed_loss * levels_.overcurrent);
  speed_ += (reachable - speed_) * (step_s / speed_tau_s);
  const float n = speed_;
  mode_ = next_mode(mode_, reachable, n, heat_w);

  const float cooling_efficiency = 1.0f - degradation_cooling_loss * levels_.cooling_degradation;
  const float above_ambient_c = state_.temp_c - ambient_c;
  const float passive_w = above_ambient_c / passive_resistance_c_per_w;
  const float active_w = active_cooling_w_per_c * n * cooling_efficiency * above_ambient_c;
  const float temp_c =
      state_.temp_c + (heat_w - passive_w - active_w) * (step_s / heat_capacity_j_per_c);

  state_.temp_c = temp_c;
  state_.rpm = rated_rpm * n;
  state_.current_a = current_a(load);
  state_.vibration_g = vibration_g(load, draws);
  state_.heat_w = heat_w;
  state_.ambient_c = ambient_c;
  state_.cooling_efficiency = cooling_efficiency;

  reading_.temp_c = temp_c + temp_noise_c * draws.temp;
  reading_.rpm = not_negative(state_.rpm + speed_noise_rpm * draws.speed);
  reading_.current_a = not_negative(state_.current_a + current_noise_a * draws.current);
  reading_.vibration_g = not_negative(state_.vibration_g + vibration_noise_g * draws.vibration);
}

// A drive that is off draws none.
float Plant::current_a(float load) const {
  const float sound_a = idle_current_a + speed_current_a * speed_ + load_current_a * load;
  const float share = 1.0f + overcurrent_current_share * levels_.overcurrent +
                      degradation_current_share * levels_.cooling_degradation +
                      imbalance_current_share * levels_.imbalance;
  if (mode_ == Mode::off) return 0.0f;
  if (mode_ == Mode::start_up) return sound_a * share * start_up_current_factor;
  return sound_a * share;
}

// The idle part comes from the drive's electronics and stays away when it is off.
float Plant::vibration_g(float load, const Draws &draws) const {
  const float idle_g = mode_ == Mode::off ? 0.0f : idle_vibration_g + load_vibration_g * load;
  const float n = speed_;
  const float square = n * n;
  // The amplitude beats: the sensor meets the rotor at another angle each time.
  const float unbalance_g =
      imbalance_vibration_g * levels_.imbalance * square * (0.6f + 0.4f * draws.unbalance);
  const float spike_g =
      draws.spike < imbalance_spike_chance ? imbalance_spike_g * levels_.imbalance * square : 0.0f;
  const float knock = draws.knock < knock_chance ? knock_g : 0.0f;
  return idle_g + speed_vibration_g * n + degradation_vibration_g * levels_.cooling_degradation * n +
         unbalance_g + spike_g + knock;
}

}  // namespace twinflow

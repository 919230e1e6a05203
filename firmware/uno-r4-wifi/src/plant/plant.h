// The physics of the fan and of the process it cools: the model of firmware/plant/src in C++.
//
// Same seed, same room and same commands give the same readings as the Rust model does, bit by bit. So the operations stand in
// the same order there and here: change both or neither. No allocation, no mathematical library.
#pragma once

#include "command.h"
#include "parameters.h"
#include "random_numbers.h"

namespace twinflow {

constexpr uint32_t step_ms = 100;

// What the four sensors report.
struct Reading {
  float temp_c = 0.0f;
  float rpm = 0.0f;
  float current_a = 0.0f;
  float vibration_g = 0.0f;
};

enum class Mode : uint8_t { off, start_up, normal, high_load };

// The name on the wire, such as "HIGH_LOAD".
const char *name_of(Mode mode);

// What is really the case, without the sensors' noise.
struct TrueState {
  float temp_c = 0.0f;
  float rpm = 0.0f;
  float current_a = 0.0f;
  float vibration_g = 0.0f;
  float heat_w = 0.0f;
  float ambient_c = 0.0f;
  float cooling_efficiency = 1.0f;
};

// A value that wanders around 0: each step keeps a share of the last value and adds Gaussian noise.
struct Drift {
  float value;
  float keep;
  float kick;
  float limit;

  float step(float gaussian);
};

class Plant {
 public:
  // A fan at rest in a room of ambient_c, which must lie within ambient_c_limits.
  Plant(uint64_t seed, float ambient_c);

  // From the next step on.
  void set_command(const Command &command) { command_ = command; }
  void inject(const Fault &fault) { command_.fault = fault; }

  // Moves on by step_ms.
  void step();

  const Reading &reading() const { return reading_; }
  const Command &command() const { return command_; }
  const TrueState &true_state() const { return state_; }
  Mode mode() const { return mode_; }

 private:
  struct Draws;
  float current_a(float load) const;
  float vibration_g(float load, const Draws &draws) const;

  Command command_;
  FaultLevels levels_;
  Mode mode_ = Mode::off;
  float ambient_c_;
  Drift heat_drift_;
  Drift load_drift_;
  Drift ambient_drift_;
  float speed_ = 0.0f;
  TrueState state_;
  Reading reading_;
  Pcg32 random_;
};

}  // namespace twinflow

// Runs plants and twins as told on standard input and writes what they say as 32-bit words: a test holds them against the Rust
// model, bit by bit.
//
//   plant SEED AMBIENT_C
//   random-faults SEED                 from here on an injector sets the faults
//   command MODE SPEED HEAT LOAD FAULT SEVERITY
//   twin MODE SPEED HEAT LOAD          from here on a new twin follows every second step
//   step COUNT
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "../src/plant/fault_injector.h"
#include "../src/plant/plant.h"
#include "../src/plant/twin.h"

using namespace twinflow;

namespace {

void write_word(uint32_t word) { fwrite(&word, sizeof word, 1, stdout); }

void write_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  write_word(bits);
}

void write_reading(const Reading &reading) {
  write_float(reading.temp_c);
  write_float(reading.rpm);
  write_float(reading.current_a);
  write_float(reading.vibration_g);
}

ControlMode mode_named(const std::string &name) {
  return name == "manual" ? ControlMode::manual : ControlMode::automatic;
}

void write_state(const Plant &plant) {
  write_reading(plant.reading());
  const TrueState &state = plant.true_state();
  write_float(state.temp_c);
  write_float(state.rpm);
  write_float(state.current_a);
  write_float(state.vibration_g);
  write_float(state.heat_w);
  write_float(state.ambient_c);
  write_float(state.cooling_efficiency);
  write_word(static_cast<uint32_t>(plant.mode()));
  write_float(plant.command().fault.severity);
  write_word(static_cast<uint32_t>(plant.command().fault.fault_class));
}

}  // namespace

int main() {
  std::optional<Plant> plant;
  std::optional<FaultInjector> injector;
  std::optional<Twin> twin;
  TwinInputs inputs;
  uint32_t steps = 0;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string verb, mode;
    words >> verb;
    if (verb == "plant") {
      uint64_t seed = 0;
      float ambient_c = 0.0f;
      words >> seed >> ambient_c;
      plant.emplace(seed, ambient_c);
      injector.reset();
      twin.reset();
      steps = 0;
    } else if (verb == "random-faults") {
      uint64_t seed = 0;
      words >> seed;
      injector.emplace(seed);
    } else if (verb == "command") {
      Command command;
      unsigned fault_code = 0;
      float severity = 0.0f;
      words >> mode >> command.speed_command_pct >> command.process_heat_load_w >> command.mechanical_load >>
          fault_code >> severity;
      command.control_mode = mode_named(mode);
      command.fault = fault_of(static_cast<FaultClass>(fault_code), severity);
      plant->set_command(command);
    } else if (verb == "twin") {
      twin.emplace();
      words >> mode >> inputs.speed_command_pct >> inputs.heat_load_w >> inputs.mechanical_load;
      inputs.control_mode = mode_named(mode);
    } else if (verb == "step") {
      uint32_t count = 0;
      words >> count;
      while (count-- > 0) {
        if (injector) plant->inject(injector->next_step());
        plant->step();
        write_state(*plant);
        if (twin && ++steps % 2 == 0) write_reading(twin->follow(plant->reading(), inputs, 0.2f));
      }
    } else {
      std::cerr << "plant_trace: unknown line: " << line << "\n";
      return 1;
    }
    if (!words) {
      std::cerr << "plant_trace: a value is missing: " << line << "\n";
      return 1;
    }
  }
  return 0;
}

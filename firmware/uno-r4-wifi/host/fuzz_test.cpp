// Hostile input, much of it: commands, typed lines, and what a broken broker or time server sends. Compiled with the sanitizers, which end
// the program at the first wrong step.
//
//   fuzz_test COUNT SEED
#include <cstdlib>
#include <string>

#include "../src/machine/machine.h"
#include "checks.h"
#include "fake_hal.h"

using namespace twinflow;

namespace {

// Xorshift, Marsaglia 2003.
struct Chance {
  uint64_t state;

  uint32_t draw() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<uint32_t>(state >> 16);
  }
  uint32_t below(uint32_t end) { return draw() % end; }
};

constexpr const char *pieces[] = {
    "{",       "}",         "[",       "]",          ":",          ",",        "\"",        "\\",        "\\u00",
    "null",    "true",      "-",       "+",          ".",          "e",        "E9999",     "0",         "9",
    "1e308",   "0.5",       "\"fault\":{", "\"class\":\"imbalance\"", "\"code\":", "\"severity\":",    "\"control_mode\":",
    "\"manual\"", "\"speed_command_pct\":",        "\"mechanical_load\":", "\"process_heat_load_w\":",  "\"publish_rate_hz\":",
    " ",       "\n",        "\t",      "\x01",       "\xff",       "\xc3\xa9", "99999999999999999999999999",
    "speed ",  "fault ",    "status",  "help",       "60",
};
constexpr uint32_t piece_count = sizeof pieces / sizeof pieces[0];

constexpr const char *whole[] = {
    "{\"control_mode\":\"manual\",\"speed_command_pct\":60,\"fault\":{\"class\":\"imbalance\",\"severity\":0.6}}",
    "{\"process_heat_load_w\":250.5,\"mechanical_load\":0.25,\"publish_rate_hz\":10}",
    "{\"fault\":{\"code\":4}}",
};

// A text of pieces, a whole command with some bytes changed, or plain noise.
std::string text(Chance &chance) {
  std::string made;
  switch (chance.below(3)) {
    case 0:
      for (uint32_t left = chance.below(24); left > 0; --left) made += pieces[chance.below(piece_count)];
      break;
    case 1:
      made = whole[chance.below(3)];
      for (uint32_t left = chance.below(4); left > 0; --left) {
        const size_t at = chance.below(static_cast<uint32_t>(made.size()));
        switch (chance.below(3)) {
          case 0: made[at] = static_cast<char>(chance.draw()); break;
          case 1: made.erase(at, 1 + chance.below(3)); break;
          default: made.insert(at, pieces[chance.below(piece_count)]); break;
        }
        if (made.empty()) break;
      }
      break;
    default:
      for (uint32_t left = chance.below(80); left > 0; --left) made.push_back(static_cast<char>(chance.draw()));
      break;
  }
  return made;
}

// What is in force after any input must be a command that the plant may run.
void check_command(const Command &command) {
  CHECK(speed_command_pct_limits.hold(command.speed_command_pct));
  CHECK(process_heat_load_w_limits.hold(command.process_heat_load_w));
  CHECK(mechanical_load_limits.hold(command.mechanical_load));
  CHECK(severity_limits.hold(command.fault.severity));
  CHECK(static_cast<unsigned>(command.fault.fault_class) < fault_classes);
}

// In a block of its own size on the heap, so that a read beyond its end is seen.
bool read(const std::string &made, Request &request, TextWriter &reason) {
  char *exact = static_cast<char *>(malloc(made.size() + 1));
  char *copy = static_cast<char *>(realloc(exact, made.empty() ? 1 : made.size()));
  memcpy(copy, made.data(), made.size());
  const bool is_accepted = read_command(copy, made.size(), request, reason);
  free(copy);
  return is_accepted;
}

MachineSettings settings() {
  return {"fan-1", "data", "answer", "time.example", {"broker.example", 1883, "command", "status", {"fan-1"}},
          7,       22.0f,  20.0f,    true};
}

}  // namespace

int main(int argc, char **argv) {
  CHECK(argc == 3);
  alarm(longest_check_s);
  const unsigned long count = strtoul(argv[1], nullptr, 10);
  Chance chance = {strtoull(argv[2], nullptr, 10) * 2654435761u + 1};
  unsigned long accepted = 0;
  for (unsigned long round = 0; round < count; ++round) {
    const std::string made = text(chance);
    char reason_buffer[160];
    TextWriter reason(reason_buffer, sizeof reason_buffer);
    Request request = {Command(), 5.0f};
    if (read(made, request, reason)) {
      ++accepted;
      check_command(request.command);
      CHECK(publish_rate_hz_limits.hold(request.publish_rate_hz));
    } else {
      CHECK(reason.size() > 0);
    }
    char json_buffer[ConsoleLine::capacity + 64];
    TextWriter json(json_buffer, sizeof json_buffer);
    reason.clear();
    if (json_of_words(made.data(), made.size(), json, reason)) CHECK(json.size() > 0);
  }

  // The board itself, at the end of wires that lie.
  static FakeHal hal;
  static Machine machine(hal, SensorSet(), settings());
  machine.setup();
  for (unsigned long round = 0; round < count / 20; ++round) {
    hal.now_ms += chance.below(60);
    const std::string made = text(chance);
    switch (chance.below(6)) {
      case 0: hal.deliver("command", made.data(), made.size(), chance.below(3)); break;
      case 1:
        for (const char letter : made) hal.to_board(static_cast<uint8_t>(letter));
        break;
      case 2: hal.typed = made.c_str(); break;
      case 3: if (chance.below(50) == 0) hal.drop_tcp(); break;
      case 4: hal.server_unix_ms = static_cast<uint64_t>(chance.draw()) << 8; break;
      default: break;
    }
    machine.loop();
    hal.typed = "";
    hal.told_size = 0;
    check_command(machine.plant().command());
  }
  printf("%lu of %lu texts accepted, %lu readings, %lu times online\n", accepted, count,
         static_cast<unsigned long>(machine.readings()),
         static_cast<unsigned long>(machine.connection().times_online()));
  CHECK(accepted > count / 1000);
  CHECK(accepted < count);
  CHECK(machine.connection().times_online() > 10);
  return 0;
}

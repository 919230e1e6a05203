// Answers, line by line, what the board's side of the wire makes of its input: a test holds it against the Rust code.
//
//   command HEX                                           the bytes of a message
//   payload SEED STEPS TIME_MS SEQUENCE RUN ASSET_ID      of a plant under the command that was accepted last
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "../src/wire/command_reader.h"
#include "../src/wire/payload.h"

using namespace twinflow;

namespace {

uint32_t bits(float value) {
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  return word;
}

std::string from_hex(const std::string &hex) {
  std::string bytes;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

int main() {
  Request request = {Command(), 5.0f, {}};
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "command") {
      std::string hex;
      words >> hex;
      const std::string bytes = from_hex(hex);
      char reason_buffer[160];
      TextWriter reason(reason_buffer, sizeof reason_buffer);
      request = {Command(), 5.0f, {}};
      if (read_command(bytes.data(), bytes.size(), request, reason)) {
        if (!request.is_meant_for("fan-1")) {
          printf("another\n");
          continue;
        }
        const Command &command = request.command;
        printf("accepted %d %u %u %u %u %u %u\n", command.control_mode == ControlMode::manual,
               bits(command.speed_command_pct), bits(command.process_heat_load_w), bits(command.mechanical_load),
               static_cast<unsigned>(command.fault.fault_class), bits(command.fault.severity),
               bits(request.publish_rate_hz));
      } else {
        printf("refused %s\n", reason.c_str());
      }
    } else if (verb == "payload") {
      uint64_t seed = 0;
      uint32_t steps = 0;
      Report report;
      std::string asset_id;
      words >> seed >> steps >> report.timestamp_ms >> report.sequence >> report.run;
      std::getline(words >> std::ws, asset_id);
      Plant plant(seed, 22.0f);
      plant.set_command(request.command);
      while (steps-- > 0) plant.step();
      report.asset_id = asset_id.c_str();
      report.reading = plant.reading();
      report.mode = plant.mode();
      report.command = plant.command();
      char buffer[512];
      TextWriter out(buffer, sizeof buffer);
      printf("%s\n", write_payload(report, out) ? out.c_str() : "too long");
    } else {
      std::cerr << "wire_probe: unknown line: " << line << "\n";
      return 1;
    }
  }
  return 0;
}

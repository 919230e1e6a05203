// The fan's board: the plant, its sensors, what it sends and what it takes.
#pragma once

#include "../edge/edge_model.h"
#include "../network/connection.h"
#include "../plant/fault_injector.h"
#include "../sensors/sensor.h"
#include "../timing/pacing.h"
#include "../timing/time_client.h"
#include "../wire/command_reader.h"
#include "../wire/payload.h"
#include "console.h"

namespace twinflow {

struct MachineSettings {
  const char *asset_id;
  const char *data_topic;
  const char *answer_topic;
  const char *time_server;
  ConnectionSettings connection;
  uint64_t seed;
  float ambient_c;
  float publish_rate_hz;
  // Whether faults come by themselves, until the first command that names one.
  bool has_random_faults;
};

class Machine : private MqttListener {
 public:
  Machine(Hal &hal, const SensorSet &sensors, const MachineSettings &settings);

  void setup();
  void loop();

  const Plant &plant() const { return plant_; }
  const Connection &connection() const { return connection_; }
  uint64_t readings() const { return sequence_; }

 private:
  void on_message(const char *payload, size_t size, bool whole) override;

  void step_plant();
  void report(uint32_t now_ms);
  void measure(uint32_t now_ms, Report &report);
  // What is answered to a command; nothing to one for another machine.
  enum class Answer { none, accepted, refused };
  Answer obey(const char *text, size_t size, TextWriter &reason);
  void poll_console();
  void obey_line();
  void tell_connection();
  void tell_status();
  void say(const char *text);
  void show();

  Hal &hal_;
  SensorSet sensors_;
  MachineSettings settings_;
  Plant plant_;
  FaultInjector injector_;
  bool has_random_faults_;
  Connection connection_;
  Clock clock_;
  TimeClient time_client_;
  Pacing steps_;
  Pacing readings_;
  float publish_rate_hz_;
  ConsoleLine line_;
  EdgeModel edge_;
  uint64_t sequence_ = 0;
  uint64_t run_ = 0;
  uint64_t unsent_ = 0;
  bool is_a_sensor_silent_ = false;
  Connection::State told_state_ = Connection::State::no_wifi;
  bool was_told_ = false;
};

}  // namespace twinflow

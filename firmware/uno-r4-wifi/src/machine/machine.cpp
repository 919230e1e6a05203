#include "machine.h"

#include <string.h>

#include "pictures.h"

namespace twinflow {

namespace {

constexpr float steps_hz = 1000.0f / step_ms;
// It has been running for three minutes when it first speaks: what a fan shows while it warms up is no fault of its own.
constexpr uint32_t warm_up_steps = 1800;
// After a longer pause the plant does not make up for what it missed.
constexpr uint32_t longest_catch_up_ms = 60000;

constexpr size_t payload_capacity = 512;
constexpr size_t answer_capacity = 384;
constexpr size_t reason_capacity = 160;

// Takes the sensor's figure where there is one, and leaves the simulated one where there is none.
bool take(Sensor *sensor, uint32_t now_ms, float &value) {
  return sensor == nullptr || sensor->read(now_ms, value);
}

}  // namespace

Machine::Machine(Hal &hal, const SensorSet &sensors, const MachineSettings &settings)
    : hal_(hal),
      sensors_(sensors),
      settings_(settings),
      plant_(settings.seed, settings.ambient_c),
      injector_(settings.seed),
      has_random_faults_(settings.has_random_faults),
      connection_(hal, settings.connection),
      time_client_(hal, clock_, settings.time_server),
      steps_(steps_hz),
      readings_(settings.publish_rate_hz),
      publish_rate_hz_(settings.publish_rate_hz) {}

void Machine::setup() {
  for (uint32_t step = 0; step < warm_up_steps; ++step) plant_.step();
  const uint32_t now_ms = hal_.millis();
  clock_.tick(now_ms);
  steps_.start(now_ms);
  readings_.start(now_ms);
  say("twinflow fan. Type help for what can be typed here.\r\n");
  show();
}

void Machine::loop() {
  hal_.feed_watchdog();
  const uint32_t now_ms = hal_.millis();
  clock_.tick(now_ms);
  Sensor *const sensors[] = {sensors_.temp_c, sensors_.rpm, sensors_.current_a, sensors_.vibration_g};
  for (Sensor *sensor : sensors) {
    if (sensor != nullptr) sensor->poll(now_ms);
  }
  while (steps_.is_due(now_ms, longest_catch_up_ms)) step_plant();
  if (readings_.is_due(now_ms, 0)) report(now_ms);
  connection_.poll(now_ms, *this);
  if (connection_.state() != Connection::State::no_wifi) time_client_.poll(now_ms);
  tell_connection();
  poll_console();
}

void Machine::step_plant() {
  if (has_random_faults_) {
    const Fault fault = injector_.next_step();
    if (fault != plant_.command().fault) ++run_;
    plant_.inject(fault);
  }
  plant_.step();
}

void Machine::measure(uint32_t now_ms, Report &report) {
  report.reading = plant_.reading();
  report.has_temp = take(sensors_.temp_c, now_ms, report.reading.temp_c);
  report.has_rpm = take(sensors_.rpm, now_ms, report.reading.rpm);
  report.has_current = take(sensors_.current_a, now_ms, report.reading.current_a);
  report.has_vibration = take(sensors_.vibration_g, now_ms, report.reading.vibration_g);
  const bool is_silent = !(report.has_temp && report.has_rpm && report.has_current && report.has_vibration);
  if (is_silent && !is_a_sensor_silent_) {
    say("no answer from the sensor of:");
    if (!report.has_temp) say(" temperature");
    if (!report.has_rpm) say(" speed");
    if (!report.has_current) say(" current");
    if (!report.has_vibration) say(" vibration");
    say(". Look at its wires and at config.h.\r\n");
  }
  is_a_sensor_silent_ = is_silent;
}

void Machine::report(uint32_t now_ms) {
  Report report;
  report.asset_id = settings_.asset_id;
  report.timestamp_ms = clock_.unix_ms();
  report.sequence = ++sequence_;
  report.run = run_;
  report.mode = plant_.mode();
  report.command = plant_.command();
  measure(now_ms, report);
  if (!is_a_sensor_silent_) report.edge_fault_code = edge_.judge(report.reading, report.command, now_ms);
  char buffer[payload_capacity];
  TextWriter payload(buffer, sizeof buffer);
  if (!write_payload(report, payload)) {
    say("the asset id in config.h is too long: no reading fits into its buffer\r\n");
    ++unsent_;
  } else if (!connection_.publish(settings_.data_topic, payload.c_str(), payload.size())) {
    ++unsent_;
  }
  show();
}

Machine::Answer Machine::obey(const char *text, size_t size, TextWriter &reason) {
  Request request = {plant_.command(), publish_rate_hz_};
  if (!read_command(text, size, request, reason)) return Answer::refused;
  if (!request.is_meant_for(settings_.asset_id)) return Answer::none;
  if (request.command.fault != plant_.command().fault) {
    ++run_;
    // A fault on command stays until a command ends it.
    has_random_faults_ = false;
  }
  plant_.set_command(request.command);
  if (request.publish_rate_hz != publish_rate_hz_) {
    publish_rate_hz_ = request.publish_rate_hz;
    readings_.set_rate_hz(publish_rate_hz_);
  }
  return Answer::accepted;
}

void Machine::on_message(const char *payload, size_t size, bool whole) {
  char reason_buffer[reason_capacity];
  TextWriter reason(reason_buffer, sizeof reason_buffer);
  Answer given = Answer::refused;
  if (whole) {
    given = obey(payload, size, reason);
  } else {
    reason.text("the message is too long: a command has some hundred bytes");
  }
  char answer_buffer[answer_capacity];
  TextWriter answer(answer_buffer, sizeof answer_buffer);
  if (given == Answer::none) return;
  answer.text("{\"asset_id\":\"").json_string(settings_.asset_id);
  if (given == Answer::accepted) {
    answer.text("\",\"accepted\":true}");
  } else {
    answer.text("\",\"accepted\":false,\"reason\":\"").json_string(reason.c_str()).text("\"}");
  }
  connection_.publish(settings_.answer_topic, answer.c_str(), answer.size());
}

void Machine::poll_console() {
  // As much as arrives in some milliseconds: a flood of bytes must not keep the readings waiting.
  for (int count = 0; count < 64; ++count) {
    const int letter = hal_.console_read();
    if (letter < 0) return;
    if (line_.take(static_cast<char>(letter))) obey_line();
  }
}

void Machine::obey_line() {
  char reason_buffer[reason_capacity];
  TextWriter reason(reason_buffer, sizeof reason_buffer);
  char json_buffer[ConsoleLine::capacity + 64];
  TextWriter json(json_buffer, sizeof json_buffer);
  Answer given = Answer::refused;
  if (line_.was_too_long()) {
    reason.text("the line is too long");
  } else if (strcmp(line_.text(), "help") == 0) {
    return say(console_help);
  } else if (strcmp(line_.text(), "status") == 0) {
    return tell_status();
  } else if (line_.text()[0] == '{') {
    given = obey(line_.text(), line_.size(), reason);
  } else if (json_of_words(line_.text(), line_.size(), json, reason)) {
    given = obey(json.c_str(), json.size(), reason);
  }
  say(given == Answer::accepted ? "accepted" : given == Answer::none ? "that is for another machine" : "refused: ");
  say(reason.c_str());
  say("\r\n");
}

void Machine::tell_connection() {
  const Connection::State state = connection_.state();
  if (was_told_ && state == told_state_) return;
  was_told_ = true;
  told_state_ = state;
  switch (state) {
    case Connection::State::no_wifi: return say("looking for the Wi-Fi\r\n");
    case Connection::State::no_broker: return say("Wi-Fi is there, looking for the broker\r\n");
    case Connection::State::online: return say("online\r\n");
  }
}

void Machine::tell_status() {
  char buffer[320];
  TextWriter text(buffer, sizeof buffer);
  const Reading &reading = plant_.reading();
  text.text(connection_.state() == Connection::State::online ? "online" : "offline: ");
  text.text(connection_.problem()).text("; readings ").whole(sequence_).text(", not sent ").whole(unsent_);
  text.text(", connected ").whole(connection_.times_online()).text(" times\r\nsimulated: ");
  text.decimal(reading.temp_c, 2).text(" C, ").decimal(reading.rpm, 0).text(" rpm, ");
  text.decimal(reading.current_a, 3).text(" A, ").decimal(reading.vibration_g, 4).text(" g, ");
  text.text(name_of(plant_.mode())).text(", fault ").text(name_of(plant_.command().fault.fault_class));
  text.text(clock_.is_set() ? "" : "; the time is not known yet").text("\r\n");
  say(text.c_str());
}

void Machine::say(const char *text) { hal_.console_write(text, strlen(text)); }

void Machine::show() {
  Sight sight = Sight::running;
  if (connection_.state() == Connection::State::no_wifi) {
    sight = Sight::no_wifi;
  } else if (connection_.state() == Connection::State::no_broker) {
    sight = Sight::no_broker;
  } else if (is_a_sensor_silent_) {
    sight = Sight::sensor_silent;
  } else if (plant_.command().fault.fault_class != FaultClass::none) {
    sight = Sight::fault;
  }
  hal_.show(picture_of(sight, sequence_ % 2 == 1).words);
}

}  // namespace twinflow

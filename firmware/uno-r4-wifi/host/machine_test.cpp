// The whole board in make-believe: what it does when networks go, when nonsense comes, when its clock wraps.
#include <cmath>
#include <initializer_list>

#include "../src/machine/machine.h"
#include "checks.h"
#include "fake_hal.h"

// Counts every allocation while a check asks for it. Sanitizers have an allocator of their own: there it stays away.
#if !defined(__SANITIZE_ADDRESS__)
extern "C" void *__libc_malloc(size_t);
static bool counts_allocations = false;
static unsigned allocations = 0;
extern "C" void *malloc(size_t size) {
  if (counts_allocations) ++allocations;
  return __libc_malloc(size);
}
void *operator new(size_t size) { return malloc(size); }
#endif

using namespace twinflow;

namespace {

constexpr char data_topic[] = "factory/fan/data";
constexpr char command_topic[] = "factory/fan/command";
constexpr char answer_topic[] = "factory/fan/command/ack";
constexpr char status_topic[] = "factory/fan/status";

MachineSettings settings() {
  return {"fan-1",
          data_topic,
          answer_topic,
          "time.example",
          {"broker.example", 1883, command_topic, status_topic, {"fan-1"}},
          7,
          22.0f,
          5.0f,
          false};
}

struct Board {
  FakeHal hal;
  Machine machine;

  explicit Board(const MachineSettings &set = settings(), const SensorSet &sensors = SensorSet())
      : machine(hal, sensors, set) {}

  void run(uint32_t duration_ms, uint32_t loop_ms = 5) {
    for (uint32_t passed_ms = 0; passed_ms < duration_ms; passed_ms += loop_ms) {
      hal.now_ms += loop_ms;
      machine.loop();
    }
  }

  void come_online() {
    machine.setup();
    run(5000);
    CHECK(is_online());
  }

  bool is_online() const { return machine.connection().state() == Connection::State::online; }

  // Sends a command and gives the answer.
  const char *command(const char *text) { return command(text, strlen(text)); }
  const char *command(const char *text, size_t size) {
    const uint32_t before = hal.on(answer_topic).count;
    hal.deliver(command_topic, text, size, 1);
    run(100);
    CHECK(hal.on(answer_topic).count == before + 1);
    return hal.on(answer_topic).payload;
  }
};

uint64_t number_in(const char *payload, const char *field) {
  const char *at = strstr(payload, field);
  CHECK(at != nullptr);
  return strtoull(at + strlen(field), nullptr, 10);
}

void comes_online() {
  Board board;
  board.come_online();
  FakeHal &hal = board.hal;
  CHECK(strcmp(hal.client_id, "fan-1") == 0);
  CHECK(strcmp(hal.will_topic, status_topic) == 0 && strcmp(hal.will, "offline") == 0);
  CHECK(strcmp(hal.subscribed, command_topic) == 0 && hal.subscribed_qos == 1);
  CHECK(hal.on(status_topic).count == 1 && hal.on(status_topic).retained);
  CHECK_TEXT(hal.on(status_topic).payload, "online");
  const uint32_t before = hal.on(data_topic).count;
  board.run(10000);
  CHECK(hal.on(data_topic).count == before + 50);
  CHECK(!hal.on(data_topic).retained);
  CHECK_TEXT(hal.on(data_topic).payload, "\"asset_id\":\"fan-1\"");
  CHECK(hal.times_fed == 15000 / 5);
  CHECK_TEXT(hal.told, "online");
}

void obeys_commands() {
  Board board;
  board.come_online();
  CHECK_TEXT(board.command("{\"control_mode\":\"manual\",\"speed_command_pct\":100}"), "{\"asset_id\":\"fan-1\",\"accepted\":true}");
  CHECK(board.hal.acknowledged == 1);
  board.run(20000);
  CHECK(board.machine.plant().reading().rpm > 2900.0f);
  // What a command does not name stays.
  board.command("{\"process_heat_load_w\":50}");
  CHECK(board.machine.plant().command().speed_command_pct == 100.0f);
  CHECK(board.machine.plant().command().process_heat_load_w == 50.0f);
  const uint64_t run_before = number_in(board.hal.on(data_topic).payload, "\"run\":");
  board.command("{\"fault\":{\"class\":\"imbalance\",\"severity\":0.6}}");
  board.run(1000);
  CHECK(number_in(board.hal.on(data_topic).payload, "\"run\":") == run_before + 1);
  CHECK_TEXT(board.hal.on(data_topic).payload, "\"fault\":{\"code\":3,\"severity\":0.6}");
  const uint32_t readings = board.hal.on(data_topic).count;
  board.command("{\"publish_rate_hz\":20}");
  board.run(10000);
  const uint32_t sent = board.hal.on(data_topic).count - readings;
  CHECK(sent >= 199 && sent <= 203);
}

void refuses_nonsense() {
  Board board;
  board.come_online();
  const Command before = board.machine.plant().command();
  const char *nonsense[] = {"",      "hello", "{",    "[]",   "{\"speed_command_pct\":120}",
                            "{\"speed_command_pct\":NaN}", "{\"control_mode\":\"manual\",\"speed\":5}",
                            "\xff\xfe\x01", "{\"control_mode\":\"\"\"}", "{\"fault\":{\"code\":9}}"};
  for (const char *text : nonsense) {
    const char *answer = board.command(text);
    CHECK_TEXT(answer, "{\"asset_id\":\"fan-1\",\"accepted\":false,\"reason\":\"");
    CHECK(strlen(answer) > 40);
  }
  const Command &after = board.machine.plant().command();
  CHECK(after.control_mode == before.control_mode && after.speed_command_pct == before.speed_command_pct);
  CHECK(board.is_online());

  // Too long for the board's buffer: told, and what follows is understood.
  char longest[6000];
  memset(longest, 'x', sizeof longest);
  CHECK_TEXT(board.command(longest, sizeof longest), "too long");
  CHECK_TEXT(board.command("{\"speed_command_pct\":10}"), "{\"asset_id\":\"fan-1\",\"accepted\":true}");
  CHECK(board.machine.connection().times_online() == 1);
}

// Waits between attempts of a doubling back-off with jitter between half and all.
void check_waits(const FakeHal &hal, uint32_t from, uint32_t first_ms, uint32_t longest_ms, uint32_t extra_ms) {
  uint32_t whole_ms = first_ms;
  bool differs = false;
  for (uint32_t at = from + 1; at < hal.attempts; ++at) {
    const uint32_t wait_ms = hal.attempt_ms[at] - hal.attempt_ms[at - 1] - extra_ms;
    CHECK(wait_ms >= whole_ms / 2);
    CHECK(wait_ms <= whole_ms + 510);
    differs = differs || wait_ms + 20 < whole_ms;
    whole_ms = whole_ms * 2 > longest_ms ? longest_ms : whole_ms * 2;
  }
  CHECK(differs);
}

void survives_a_lost_broker() {
  Board board;
  board.come_online();
  board.run(12000);
  FakeHal &hal = board.hal;
  hal.accepts_tcp = false;
  hal.drop_tcp();
  const uint32_t first = hal.attempts;
  const uint64_t readings = board.machine.readings();
  const uint32_t sent = hal.on(data_topic).count;
  board.run(300000);
  CHECK(!board.is_online());
  CHECK_TEXT(board.machine.connection().problem(), "does not answer");
  // Readings go on being numbered: the gap tells that they are lost.
  CHECK(board.machine.readings() == readings + 1500);
  CHECK(hal.on(data_topic).count == sent);
  CHECK(hal.attempts - first >= 10 && hal.attempts - first <= 30);
  check_waits(hal, first, 2000, 30000, 0);
  hal.accepts_tcp = true;
  board.run(31000);
  CHECK(board.is_online());
  CHECK(hal.on(status_topic).count == 2);
  CHECK(board.machine.connection().times_online() == 2);

  // A broker that lets us in and throws us out at once does not get us every second.
  const uint32_t connections = hal.connections;
  for (int second = 0; second < 300; ++second) {
    hal.drop_tcp();
    board.run(1000);
  }
  CHECK(hal.connections - connections < 30);
}

void survives_a_lost_wifi() {
  Board board;
  FakeHal &hal = board.hal;
  board.come_online();
  board.run(12000);
  hal.drop_wifi();
  const uint32_t first = hal.attempts;
  board.run(600000);
  CHECK(board.machine.connection().state() == Connection::State::no_wifi);
  CHECK(hal.attempts - first >= 8 && hal.attempts - first <= 20);
  // Each attempt to join has its 15 s before it counts as failed.
  check_waits(hal, first, 2000, 60000, 15000);
  hal.has_wifi = true;
  board.run(95000);
  CHECK(board.is_online());
  CHECK_TEXT(hal.told, "looking for the Wi-Fi");
}

void gives_up_a_silent_broker() {
  Board board;
  FakeHal &hal = board.hal;
  hal.answers = false;
  board.machine.setup();
  board.run(20000);
  CHECK(!board.is_online());
  CHECK(hal.connections >= 2 && hal.connections <= 4);
  hal.answers = true;
  board.run(30000);
  CHECK(board.is_online());
  // The network is gone without a word: only the missing answers tell.
  hal.answers = false;
  board.run(14000);
  CHECK(!board.is_online());
}

void tells_why_a_broker_refuses() {
  Board board;
  board.hal.connection_code = 4;
  board.machine.setup();
  board.run(10000);
  CHECK(!board.is_online());
  CHECK_TEXT(board.machine.connection().problem(), "user or password");
  board.hal.typed = "status\n";
  board.run(100);
  CHECK_TEXT(board.hal.told, "user or password");
}

void stands_the_wrap_of_its_clock() {
  Board board;
  FakeHal &hal = board.hal;
  hal.now_ms = 0u - 30000u;
  hal.server_unix_ms = 1764000000000ull;
  board.machine.setup();
  board.run(10000);
  CHECK(board.is_online());
  const uint32_t before = hal.on(data_topic).count;
  uint64_t last_ms = number_in(hal.on(data_topic).payload, "\"timestamp\":");
  uint64_t last_number = number_in(hal.on(data_topic).payload, "\"sequence_id\":");
  for (int reading = 0; reading < 300; ++reading) {
    board.run(200);
    const uint64_t time_ms = number_in(hal.on(data_topic).payload, "\"timestamp\":");
    const uint64_t number = number_in(hal.on(data_topic).payload, "\"sequence_id\":");
    CHECK(time_ms - last_ms >= 195 && time_ms - last_ms <= 205);
    CHECK(number == last_number + 1);
    last_ms = time_ms;
    last_number = number;
  }
  CHECK(hal.now_ms < 60000);
  CHECK(hal.on(data_topic).count == before + 300);
  CHECK(board.machine.connection().times_online() == 1);
  // Waits that begin before the wrap end after it.
  hal.now_ms = 0u - 1000u;
  Board other;
  other.hal.now_ms = 0u - 6000u;
  other.hal.accepts_tcp = false;
  other.machine.setup();
  other.run(20000);
  CHECK(other.hal.connections >= 3 && other.hal.connections <= 8);
}

void keeps_its_pace() {
  for (const float rate_hz : {5.0f, 7.0f, 1.0f, 20.0f, 3.3f}) {
    MachineSettings set = settings();
    set.publish_rate_hz = rate_hz;
    Board board(set);
    board.machine.setup();
    uint32_t random = 1;
    uint64_t passed_ms = 0;
    constexpr uint64_t hour_ms = 3600u * 1000u;
    while (passed_ms < hour_ms) {
      random = random * 1664525u + 1013904223u;
      const uint32_t loop_ms = 1 + (random >> 24) % 40;
      board.hal.now_ms += loop_ms;
      passed_ms += loop_ms;
      board.machine.loop();
    }
    const double due = 3600.0 * static_cast<double>(rate_hz);
    CHECK(std::fabs(static_cast<double>(board.machine.readings()) - due) <= 2.0);
  }
}

void a_long_halt_makes_no_burst() {
  Board board;
  board.come_online();
  const uint64_t readings = board.machine.readings();
  board.hal.now_ms += 4000;
  board.run(200);
  CHECK(board.machine.readings() - readings <= 2);
  board.run(10000);
  CHECK(board.machine.readings() - readings <= 52);
}

void understands_what_is_typed() {
  Board board;
  board.come_online();
  FakeHal &hal = board.hal;
  const auto type = [&](const char *line) {
    hal.told_size = 0;
    hal.typed = line;
    board.run(1000);
    return static_cast<const char *>(hal.told);
  };
  CHECK_TEXT(type("mode manual\r\n"), "accepted");
  CHECK_TEXT(type("speed 80\n"), "accepted");
  CHECK(board.machine.plant().command().speed_command_pct == 80.0f);
  CHECK_TEXT(type("fault thermal_overload 0.3\n"), "accepted");
  CHECK(board.machine.plant().command().fault == fault_of(FaultClass::thermal_overload, 0.3f));
  CHECK_TEXT(type("fault 1\n"), "accepted");
  CHECK(board.machine.plant().command().fault == fault_of(FaultClass::overcurrent, 0.9f));
  CHECK_TEXT(type("  load   0.5 \n"), "accepted");
  CHECK_TEXT(type("heat 120\nrate 10\n"), "accepted");
  CHECK_TEXT(type("{\"fault\":{\"class\":\"none\"}}\n"), "accepted");
  CHECK(board.machine.plant().command().fault == Fault());
  CHECK_TEXT(type("speed 101\n"), "refused: speed_command_pct is 101.0; give a number from 0.0 to 100.0");
  CHECK_TEXT(type("speed fast\n"), "refused: no valid JSON");
  CHECK_TEXT(type("mode x\",\"speed\":1\n"), "refused");
  CHECK_TEXT(type("quicker\n"), "refused: not understood; try help");
  CHECK_TEXT(type("a b c d e\n"), "refused: too many words");
  CHECK_TEXT(type("help\n"), "speed 0..100");
  CHECK_TEXT(type("status\n"), "online; readings ");
  char longest[400];
  memset(longest, 'a', sizeof longest);
  longest[398] = '\n';
  longest[399] = '\0';
  CHECK_TEXT(type(longest), "refused: the line is too long");
  CHECK_TEXT(type("speed 20\n"), "accepted");
}

void learns_the_time() {
  Board board;
  FakeHal &hal = board.hal;
  board.come_online();
  // Without the time there is none in the payload; the time of arrival counts then.
  CHECK(strstr(hal.on(data_topic).payload, "timestamp") == nullptr);
  hal.server_unix_ms = 1764000000123ull;
  hal.server_mistakes_question = true;
  board.run(30000);
  CHECK(hal.questions > 1 && strstr(hal.on(data_topic).payload, "timestamp") == nullptr);
  hal.server_mistakes_question = false;
  hal.server_stratum = 0;
  board.run(60000);
  CHECK(strstr(hal.on(data_topic).payload, "timestamp") == nullptr);
  hal.server_stratum = 3;
  while (strstr(hal.on(data_topic).payload, "timestamp") == nullptr) board.run(10);
  const uint64_t time_ms = number_in(hal.on(data_topic).payload, "\"timestamp\":");
  CHECK(time_ms >= 1764000000123ull && time_ms < 1764000000123ull + 250);
  const uint32_t questions = hal.questions;
  board.run(60000);
  CHECK(hal.questions == questions);
  CHECK(number_in(hal.on(data_topic).payload, "\"timestamp\":") - time_ms <= 60200);
  // A server that sets us back a little does not make readings go backwards.
  hal.server_unix_ms = 1764000000123ull + 60000 + 15u * 60000u - 500;
  uint64_t last_ms = 0;
  for (int reading = 0; reading < 5 * 60 * 15; ++reading) {
    board.run(200);
    const uint64_t now_ms = number_in(hal.on(data_topic).payload, "\"timestamp\":");
    CHECK(now_ms >= last_ms);
    last_ms = now_ms;
  }
  CHECK(hal.questions > questions);
}

void random_faults_end_with_a_command() {
  MachineSettings set = settings();
  set.has_random_faults = true;
  Board board(set);
  board.come_online();
  unsigned faulty = 0;
  for (int second = 0; second < 480; ++second) {
    board.run(1000);
    if (board.machine.plant().command().fault.fault_class != FaultClass::none) ++faulty;
  }
  CHECK(faulty > 80 && faulty < 400);
  board.command("{\"fault\":{\"class\":\"cooling_degradation\",\"severity\":0.31}}");
  board.run(300000);
  CHECK(board.machine.plant().command().fault == fault_of(FaultClass::cooling_degradation, 0.31f));
}

void needs_no_heap_once_it_runs() {
#if defined(__SANITIZE_ADDRESS__)
  fprintf(stderr, "allocations cannot be counted under the sanitizer\n");
  exit(1);
#else
  static Board board;
  board.machine.setup();
  counts_allocations = true;
  // The counter counts.
  void *volatile probe = malloc(1);
  CHECK(allocations == 1);
  free(probe);
  allocations = 0;
  board.hal.server_unix_ms = 1764000000000ull;
  board.run(20000);
  board.hal.typed = "speed 20\nstatus\nnonsense\n{\"control_mode\":\"manual\"}\n";
  for (int round = 0; round < 20; ++round) {
    board.hal.deliver(command_topic, "{\"speed_command_pct\":33.3}", 26, 1);
    board.hal.deliver(command_topic, "{\"speed_command_pct\":333}", 25, 1);
    board.run(5000);
    if (round == 5) board.hal.drop_tcp();
    if (round == 9) board.hal.drop_wifi();
    if (round == 12) board.hal.has_wifi = true;
  }
  counts_allocations = false;
  CHECK(board.is_online());
  CHECK(allocations == 0);
#endif
}

class SilentSensor : public Sensor {
 public:
  bool is_silent = false;
  void poll(uint32_t) override {}
  bool read(uint32_t, float &value) override {
    value = 41.5f;
    return !is_silent;
  }
};

void a_sensor_takes_the_place_of_the_simulation() {
  SilentSensor sensor;
  SensorSet sensors;
  sensors.temp_c = &sensor;
  Board board(settings(), sensors);
  board.come_online();
  CHECK_TEXT(board.hal.on(data_topic).payload, "\"temp\":41.5,");
  sensor.is_silent = true;
  board.run(1000);
  CHECK(strstr(board.hal.on(data_topic).payload, "\"temp\"") == nullptr);
  CHECK_TEXT(board.hal.on(data_topic).payload, "\"rpm\":");
  CHECK_TEXT(board.hal.told, "no answer from the sensor of: temperature");
  sensor.is_silent = false;
  board.run(1000);
  CHECK_TEXT(board.hal.on(data_topic).payload, "\"temp\":41.5,");
}

constexpr NamedCheck checks[] = {
    {"comes_online", comes_online},
    {"obeys_commands", obeys_commands},
    {"refuses_nonsense", refuses_nonsense},
    {"survives_a_lost_broker", survives_a_lost_broker},
    {"survives_a_lost_wifi", survives_a_lost_wifi},
    {"gives_up_a_silent_broker", gives_up_a_silent_broker},
    {"tells_why_a_broker_refuses", tells_why_a_broker_refuses},
    {"stands_the_wrap_of_its_clock", stands_the_wrap_of_its_clock},
    {"keeps_its_pace", keeps_its_pace},
    {"a_long_halt_makes_no_burst", a_long_halt_makes_no_burst},
    {"understands_what_is_typed", understands_what_is_typed},
    {"learns_the_time", learns_the_time},
    {"random_faults_end_with_a_command", random_faults_end_with_a_command},
    {"needs_no_heap_once_it_runs", needs_no_heap_once_it_runs},
    {"a_sensor_takes_the_place_of_the_simulation", a_sensor_takes_the_place_of_the_simulation},
};

}  // namespace

int main(int argc, char **argv) { return run_checks(argc, argv, checks, sizeof checks / sizeof checks[0]); }

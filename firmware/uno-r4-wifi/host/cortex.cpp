// The sketch without Arduino's core, linked for the Cortex-M4: how much of the chip our own part takes. It is not to be run.
#include "../src/machine/machine.h"

#include "../src/sensors/acs712.h"
#include "../src/sensors/adxl345.h"
#include "../src/sensors/ds18b20.h"
#include "../src/sensors/ina219.h"
#include "../src/sensors/mpu6050.h"
#include "../src/sensors/tachometer.h"
#include "../src/sensors/tmp36.h"

using namespace twinflow;

namespace {

// What is read from here, the compiler cannot know.
volatile uint32_t port;

class BareHal final : public Hal {
 public:
  uint32_t millis() override { return port; }
  uint32_t entropy() override { return port; }
  void feed_watchdog() override { port = 0; }
  void wifi_join() override { port = 1; }
  bool wifi_is_up() override { return port != 0; }
  bool tcp_connect(const char *host, uint16_t to) override { return port == static_cast<uint32_t>(*host) + to; }
  bool tcp_write(const uint8_t *bytes, size_t size) override { return take(bytes, size); }
  int tcp_read(uint8_t *bytes, size_t capacity) override { return give(bytes, capacity); }
  void tcp_close() override { port = 2; }
  bool udp_send(const char *, uint16_t, const uint8_t *bytes, size_t size) override { return take(bytes, size); }
  int udp_receive(uint8_t *bytes, size_t capacity) override { return give(bytes, capacity); }
  int console_read() override { return static_cast<int>(port); }
  void console_write(const char *text, size_t size) override { take(reinterpret_cast<const uint8_t *>(text), size); }
  void show(const uint32_t picture[3]) override { port = picture[0] ^ picture[1] ^ picture[2]; }

 private:
  static bool take(const uint8_t *bytes, size_t size) {
    while (size-- > 0) port = *bytes++;
    return port != 0;
  }
  static int give(uint8_t *bytes, size_t capacity) {
    for (size_t at = 0; at < capacity; ++at) bytes[at] = static_cast<uint8_t>(port);
    return static_cast<int>(capacity);
  }
};

class BareBuses final : public Buses {
 public:
  float analog_share(int pin) override { return static_cast<float>(port + static_cast<uint32_t>(pin)); }
  bool write_register(uint8_t device, uint8_t at, const uint8_t *bytes, size_t size) override {
    port = static_cast<uint32_t>(device + at + bytes[size - 1]);
    return port != 0;
  }
  bool read_registers(uint8_t, uint8_t, uint8_t *bytes, size_t size) override {
    for (size_t at = 0; at < size; ++at) bytes[at] = static_cast<uint8_t>(port);
    return port != 0;
  }
  bool one_wire_reset() override { return port != 0; }
  void one_wire_write(uint8_t byte) override { port = byte; }
  uint8_t one_wire_read() override { return static_cast<uint8_t>(port); }
  uint32_t tachometer_pulses() override { return port; }
};

BareHal hal;
BareBuses buses;

// All of the sensors, though a board has one a channel at most: the largest it can get.
Ds18b20 ds18b20(buses, 0.0f);
Tmp36 tmp36(buses, 0, 5.0f, 0.0f);
Tachometer tachometer(buses, 2);
Acs712 acs712(buses, 1, {5.0f, 2.5f, 0.185f, true});
Ina219 ina219(buses, 0x40, 0.1f);
Adxl345 adxl345(buses, 0x53);
Mpu6050 mpu6050(buses, 0x68);

SensorSet all_sensors() {
  SensorSet set;
  set.temp_c = port != 0 ? static_cast<Sensor *>(&ds18b20) : &tmp36;
  set.rpm = &tachometer;
  set.current_a = port != 0 ? static_cast<Sensor *>(&acs712) : &ina219;
  set.vibration_g = port != 0 ? static_cast<Sensor *>(&adxl345) : &mpu6050;
  return set;
}

Machine machine(hal, all_sensors(),
                {ASSET_ID, DATA_TOPIC, ANSWER_TOPIC, TIME_SERVER,
                 {"broker", 1883, COMMAND_TOPIC, STATUS_TOPIC, {ASSET_ID}},
                 SEED, AMBIENT_C, PUBLISH_RATE_HZ, RANDOM_FAULTS != 0});

}  // namespace

int main() {
  machine.setup();
  for (;;) machine.loop();
}

// The sensors at make-believe wires.
#include <cmath>

#include "../src/sensors/acs712.h"
#include "../src/sensors/adxl345.h"
#include "../src/sensors/ds18b20.h"
#include "../src/sensors/ina219.h"
#include "../src/sensors/mpu6050.h"
#include "../src/sensors/tachometer.h"
#include "../src/sensors/tmp36.h"
#include "checks.h"

using namespace twinflow;

namespace {

class FakeBuses : public Buses {
 public:
  float share = 0.0f;
  uint8_t device = 0;
  uint8_t registers[256] = {};
  bool has_one_wire = true;
  uint8_t memory[9] = {};
  uint32_t pulses = 0;
  // The INA219 has registers of two bytes: this is the one with the voltage over the shunt.
  uint8_t shunt[2] = {};
  // What the acceleration sensor has in its memory, x only; z is gravity.
  const float *waves_g = nullptr;
  int waves = 0;
  bool is_adxl = false;

  float analog_share(int) override { return share; }
  bool write_register(uint8_t asked, uint8_t at, const uint8_t *bytes, size_t size) override {
    if (asked != device) return false;
    memcpy(registers + at, bytes, size);
    return true;
  }
  bool read_registers(uint8_t asked, uint8_t at, uint8_t *bytes, size_t size) override {
    if (asked != device) return false;
    if (is_adxl && at == 0x39) registers[at] = static_cast<uint8_t>(waves > 32 ? 32 : waves);
    if (size == 6) {
      const float x_g = waves > 0 ? *waves_g : 0.0f;
      if (waves > 0) {
        ++waves_g;
        --waves;
      }
      const float steps = is_adxl ? 256.0f : 16384.0f;
      put(bytes, x_g * steps);
      put(bytes + 2, 0.0f);
      put(bytes + 4, steps);
      return true;
    }
    memcpy(bytes, size == 2 ? shunt : registers + at, size);
    return true;
  }
  bool one_wire_reset() override {
    read_ = 0;
    return has_one_wire;
  }
  void one_wire_write(uint8_t byte) override { command_ = byte; }
  uint8_t one_wire_read() override {
    CHECK(command_ == 0xbe && read_ < 9);
    return memory[read_++];
  }
  uint32_t tachometer_pulses() override { return pulses; }

 private:
  void put(uint8_t *bytes, float value) const {
    const int16_t whole = static_cast<int16_t>(std::lround(value));
    const uint8_t low = static_cast<uint8_t>(whole), high = static_cast<uint8_t>(whole >> 8);
    bytes[0] = is_adxl ? low : high;
    bytes[1] = is_adxl ? high : low;
  }

  uint8_t command_ = 0;
  int read_ = 0;
};

bool near(float value, float due, float off) { return std::fabs(value - due) <= off; }

void ds18b20() {
  FakeBuses buses;
  Ds18b20 sensor(buses, 0.5f);
  float temp_c = 0.0f;
  CHECK(!sensor.read(0, temp_c));
  // 25.0625 °C, with the check byte of the maker's own example.
  const uint8_t example[] = {0x91, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0f, 0x10, 0x25};
  memcpy(buses.memory, example, sizeof example);
  for (uint32_t now_ms = 0; now_ms < 1000; now_ms += 5) sensor.poll(now_ms);
  CHECK(sensor.read(1000, temp_c) && near(temp_c, 25.5625f, 1e-5f));
  // A flipped bit, a wire that is shorted, a sensor that is gone.
  buses.memory[0] ^= 1;
  for (uint32_t now_ms = 1000; now_ms < 3000; now_ms += 5) sensor.poll(now_ms);
  CHECK(!sensor.read(3000, temp_c));
  memset(buses.memory, 0, sizeof buses.memory);
  for (uint32_t now_ms = 3000; now_ms < 5000; now_ms += 5) sensor.poll(now_ms);
  CHECK(!sensor.read(5000, temp_c));
  memcpy(buses.memory, example, sizeof example);
  for (uint32_t now_ms = 5000; now_ms < 7000; now_ms += 5) sensor.poll(now_ms);
  CHECK(sensor.read(7000, temp_c));
  buses.has_one_wire = false;
  for (uint32_t now_ms = 7000; now_ms < 9000; now_ms += 5) sensor.poll(now_ms);
  CHECK(!sensor.read(9000, temp_c));
}

void tmp36() {
  FakeBuses buses;
  Tmp36 sensor(buses, 0, 5.0f, -1.0f);
  float temp_c = 0.0f;
  CHECK(!sensor.read(0, temp_c));
  buses.share = 0.75f / 5.0f;  // 25 °C
  sensor.poll(0);
  buses.share = 0.77f / 5.0f;
  sensor.poll(5);
  CHECK(sensor.read(10, temp_c) && near(temp_c, 25.0f, 1e-3f));
  buses.share = 0.0f;
  sensor.poll(15);
  CHECK(!sensor.read(20, temp_c));
}

void tachometer() {
  FakeBuses buses;
  Tachometer sensor(buses, 2);
  float rpm = 0.0f;
  buses.pulses = 0xffffffffu - 20;
  for (uint32_t now_ms = 0; now_ms <= 3000; now_ms += 10) {
    sensor.poll(now_ms);
    ++buses.pulses;  // 100 a second are 50 turns
  }
  CHECK(sensor.read(3000, rpm) && near(rpm, 3000.0f, 1.0f));
  for (uint32_t now_ms = 3000; now_ms <= 6000; now_ms += 10) sensor.poll(now_ms);
  CHECK(sensor.read(6000, rpm) && rpm == 0.0f);
}

void acs712() {
  FakeBuses buses;
  float current_a = 0.0f;
  Acs712 direct(buses, 0, {5.0f, 2.5f, 0.185f, false});
  CHECK(!direct.read(0, current_a));
  buses.share = (2.5f - 0.185f * 0.4f) / 5.0f;
  for (int sample = 0; sample < 10; ++sample) direct.poll(0);
  CHECK(direct.read(0, current_a) && near(current_a, 0.4f, 1e-3f));
  Acs712 alternating(buses, 0, {5.0f, 2.5f, 0.185f, true});
  for (int sample = 0; sample < 400; ++sample) {
    buses.share = (2.5f + 0.185f * std::sin(static_cast<float>(sample) * 0.31416f)) / 5.0f;
    alternating.poll(0);
  }
  CHECK(alternating.read(0, current_a) && near(current_a, 0.7071f, 5e-3f));
}

void ina219() {
  FakeBuses buses;
  buses.device = 0x40;
  Ina219 sensor(buses, 0x40, 0.1f);
  float current_a = 0.0f;
  // 25 mV over 0.1 Ohm.
  buses.shunt[0] = 0x09;
  buses.shunt[1] = 0xc4;
  for (uint32_t now_ms = 0; now_ms < 200; now_ms += 5) sensor.poll(now_ms);
  CHECK(sensor.read(200, current_a) && near(current_a, 0.25f, 1e-5f));
  buses.device = 0;
  for (uint32_t now_ms = 200; now_ms < 400; now_ms += 5) sensor.poll(now_ms);
  CHECK(!sensor.read(400, current_a));
  buses.device = 0x40;
  for (uint32_t now_ms = 400; now_ms < 600; now_ms += 5) sensor.poll(now_ms);
  CHECK(sensor.read(600, current_a));
}

template <class Accelerometer>
void accelerometer(FakeBuses &buses, uint8_t address) {
  buses.device = address;
  Accelerometer sensor(buses, address);
  float vibration_g = 0.0f;
  CHECK(!sensor.read(0, vibration_g));
  // A sine of 0.1 g in one direction has an effective value of 0.0707 g; gravity is no vibration.
  float waves_g[64];
  for (int at = 0; at < 64; ++at) waves_g[at] = 0.1f * std::sin(static_cast<float>(at) * 0.3926991f);
  buses.waves_g = waves_g;
  buses.waves = 64;
  for (uint32_t now_ms = 10; now_ms < 138; now_ms += 2) sensor.poll(now_ms);
  CHECK(sensor.read(138, vibration_g) && near(vibration_g, 0.0707f, 2e-3f));
  // No samples between two readings: the last value holds. A sensor that is gone has none.
  CHECK(sensor.read(139, vibration_g) && near(vibration_g, 0.0707f, 2e-3f));
  buses.device = 0;
  for (uint32_t now_ms = 140; now_ms < 300; now_ms += 2) sensor.poll(now_ms);
  CHECK(!sensor.read(300, vibration_g));
}

void adxl345() {
  FakeBuses buses;
  buses.is_adxl = true;
  buses.registers[0] = 0xe5;
  accelerometer<Adxl345>(buses, 0x53);
  CHECK(buses.registers[0x2d] == 0x08);
}

void mpu6050() {
  FakeBuses buses;
  buses.registers[0x75] = 0x68;
  accelerometer<Mpu6050>(buses, 0x68);
}

constexpr NamedCheck checks[] = {
    {"ds18b20", ds18b20}, {"tmp36", tmp36},   {"tachometer", tachometer}, {"acs712", acs712},
    {"ina219", ina219},   {"adxl345", adxl345}, {"mpu6050", mpu6050},
};

}  // namespace

int main(int argc, char **argv) { return run_checks(argc, argv, checks, sizeof checks / sizeof checks[0]); }

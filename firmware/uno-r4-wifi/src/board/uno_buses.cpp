#ifdef ARDUINO

#include "uno_buses.h"

#include <Arduino.h>

#include "../../config.h"

#if CURRENT_SENSOR == INA219 || VIBRATION_SENSOR == ADXL345 || VIBRATION_SENSOR == MPU6050
#define HAS_I2C
#include <Wire.h>
#endif

#if TEMPERATURE_SENSOR == DS18B20
#include <OneWire.h>
#endif

namespace twinflow {

namespace {

constexpr int analog_bits = 14;
constexpr float analog_full = 16383.0f;

#if SPEED_SENSOR == TACHOMETER
volatile uint32_t pulses = 0;

void count_pulse() { pulses = pulses + 1; }
#endif

#if TEMPERATURE_SENSOR == DS18B20
OneWire one_wire(DS18B20_PIN);
#endif

}  // namespace

void UnoBuses::begin() {
  analogReadResolution(analog_bits);
#ifdef HAS_I2C
  Wire1.begin();
  Wire1.setClock(400000);
#endif
#if SPEED_SENSOR == TACHOMETER
  // A fan's tachometer only pulls its wire down.
  pinMode(TACHOMETER_PIN, INPUT_PULLUP);
  attachInterrupt(digitalPinToInterrupt(TACHOMETER_PIN), count_pulse, FALLING);
#endif
}

float UnoBuses::analog_share(int pin) { return static_cast<float>(analogRead(pin)) / analog_full; }

#ifdef HAS_I2C

// Wire1 is the Qwiic socket: it has 3.3 V, as the sensors do. Wire, on the header, has 5 V.
bool UnoBuses::write_register(uint8_t device, uint8_t at, const uint8_t *bytes, size_t size) {
  Wire1.beginTransmission(device);
  Wire1.write(at);
  Wire1.write(bytes, size);
  return Wire1.endTransmission() == 0;
}

bool UnoBuses::read_registers(uint8_t device, uint8_t at, uint8_t *bytes, size_t size) {
  Wire1.beginTransmission(device);
  Wire1.write(at);
  if (Wire1.endTransmission(false) != 0 || Wire1.requestFrom(device, size) != size) return false;
  for (size_t place = 0; place < size; ++place) bytes[place] = static_cast<uint8_t>(Wire1.read());
  return true;
}

#else

bool UnoBuses::write_register(uint8_t, uint8_t, const uint8_t *, size_t) { return false; }
bool UnoBuses::read_registers(uint8_t, uint8_t, uint8_t *, size_t) { return false; }

#endif

#if TEMPERATURE_SENSOR == DS18B20

bool UnoBuses::one_wire_reset() { return one_wire.reset() == 1; }
void UnoBuses::one_wire_write(uint8_t byte) { one_wire.write(byte); }
uint8_t UnoBuses::one_wire_read() { return one_wire.read(); }

#else

bool UnoBuses::one_wire_reset() { return false; }
void UnoBuses::one_wire_write(uint8_t) {}
uint8_t UnoBuses::one_wire_read() { return 0; }

#endif

#if SPEED_SENSOR == TACHOMETER
uint32_t UnoBuses::tachometer_pulses() { return pulses; }
#else
uint32_t UnoBuses::tachometer_pulses() { return 0; }
#endif

}  // namespace twinflow

#endif

#ifdef ARDUINO

#include "chosen_sensors.h"

#include <Arduino.h>

#include "../../config.h"
#include "../sensors/acs712.h"
#include "../sensors/adxl345.h"
#include "../sensors/ds18b20.h"
#include "../sensors/ina219.h"
#include "../sensors/mpu6050.h"
#include "../sensors/tachometer.h"
#include "../sensors/tmp36.h"

#if TEMPERATURE_SENSOR != SIMULATED && TEMPERATURE_SENSOR != DS18B20 && TEMPERATURE_SENSOR != TMP36
#error "config.h: TEMPERATURE_SENSOR is SIMULATED, DS18B20 or TMP36"
#endif
#if SPEED_SENSOR != SIMULATED && SPEED_SENSOR != TACHOMETER
#error "config.h: SPEED_SENSOR is SIMULATED or TACHOMETER"
#endif
#if CURRENT_SENSOR != SIMULATED && CURRENT_SENSOR != ACS712 && CURRENT_SENSOR != INA219
#error "config.h: CURRENT_SENSOR is SIMULATED, ACS712 or INA219"
#endif
#if VIBRATION_SENSOR != SIMULATED && VIBRATION_SENSOR != ADXL345 && VIBRATION_SENSOR != MPU6050
#error "config.h: VIBRATION_SENSOR is SIMULATED, ADXL345 or MPU6050"
#endif

namespace twinflow {

SensorSet chosen_sensors(Buses &buses) {
  SensorSet set;
#if TEMPERATURE_SENSOR == DS18B20
  static Ds18b20 temperature(buses, TEMPERATURE_OFFSET_C);
  set.temp_c = &temperature;
#elif TEMPERATURE_SENSOR == TMP36
  static Tmp36 temperature(buses, TMP36_PIN, ANALOG_SUPPLY_V, TEMPERATURE_OFFSET_C);
  set.temp_c = &temperature;
#endif
#if SPEED_SENSOR == TACHOMETER
  static Tachometer speed(buses, TACHOMETER_PULSES_PER_TURN);
  set.rpm = &speed;
#endif
#if CURRENT_SENSOR == ACS712
  static Acs712 current(buses, ACS712_PIN,
                        {ANALOG_SUPPLY_V, ACS712_ZERO_V, ACS712_V_PER_A, CURRENT_IS_ALTERNATING != 0});
  set.current_a = &current;
#elif CURRENT_SENSOR == INA219
  static Ina219 current(buses, INA219_ADDRESS, INA219_SHUNT_OHM);
  set.current_a = &current;
#endif
#if VIBRATION_SENSOR == ADXL345
  static Adxl345 vibration(buses, ADXL345_ADDRESS);
  set.vibration_g = &vibration;
#elif VIBRATION_SENSOR == MPU6050
  static Mpu6050 vibration(buses, MPU6050_ADDRESS);
  set.vibration_g = &vibration;
#endif
  (void)buses;
  return set;
}

}  // namespace twinflow

#endif

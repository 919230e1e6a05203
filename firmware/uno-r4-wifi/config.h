// What you may want to change. Your network's name and password go into secrets.h instead: copy secrets.example.h to it.
#pragma once

// ---------------------------------------------------------------- the machine
// Its name in the readings. Give each board one of its own.
#define ASSET_ID "fan-1"
// Readings a second, 1 to 20.
#define PUBLISH_RATE_HZ 5.0f
// Simulated faults: 1 lets them come by themselves until a command names one, 0 waits for commands.
#define RANDOM_FAULTS 1
// One seed, one history of the simulated fan.
#define SEED 1
// Temperature of the simulated room in °C, -20 to 50.
#define AMBIENT_C 22.0f

// ---------------------------------------------------------------- where it talks
#define DATA_TOPIC "factory/fan/data"
#define COMMAND_TOPIC "factory/fan/command"
#define ANSWER_TOPIC "factory/fan/command/ack"
#define STATUS_TOPIC "factory/fan/status"
// A machine in your network can be the time server, too.
#define TIME_SERVER "pool.ntp.org"

// ---------------------------------------------------------------- the fault model on the board
// Remove the two slashes to have the board name faults itself; README.md says how to make model.h.
// #define EDGE_MODEL

// ---------------------------------------------------------------- sensors
// A channel without a sensor is simulated.
#define SIMULATED 0
#define DS18B20 1
#define TMP36 2
#define TACHOMETER 3
#define ACS712 4
#define INA219 5
#define ADXL345 6
#define MPU6050 7

#define TEMPERATURE_SENSOR SIMULATED  // SIMULATED, DS18B20 or TMP36
#define SPEED_SENSOR SIMULATED        // SIMULATED or TACHOMETER
#define CURRENT_SENSOR SIMULATED      // SIMULATED, ACS712 or INA219
#define VIBRATION_SENSOR SIMULATED    // SIMULATED, ADXL345 or MPU6050

// Where they are connected. INA219, ADXL345 and MPU6050 hang on the Qwiic socket.
#define DS18B20_PIN 4
#define TMP36_PIN A0
#define TACHOMETER_PIN 2
#define ACS712_PIN A1

// ---------------------------------------------------------------- calibration
// Degrees to add to what the temperature sensor says.
#define TEMPERATURE_OFFSET_C 0.0f
// Pulses that the fan gives in one turn; two are usual.
#define TACHOMETER_PULSES_PER_TURN 2
// The supply of the analogue sensors in V, measured between 5V and GND.
#define ANALOG_SUPPLY_V 5.0f
// ACS712: 0.185 V/A for the 5 A type, 0.100 for 20 A, 0.066 for 30 A. Its output at no current is half the supply.
#define ACS712_V_PER_A 0.185f
#define ACS712_ZERO_V 2.5f
// 1 for alternating current (the effective value is measured), 0 for direct current (the mean).
#define CURRENT_IS_ALTERNATING 0
// INA219: the resistor on its board in Ohm.
#define INA219_SHUNT_OHM 0.1f
#define INA219_ADDRESS 0x40
#define ADXL345_ADDRESS 0x53
#define MPU6050_ADDRESS 0x68

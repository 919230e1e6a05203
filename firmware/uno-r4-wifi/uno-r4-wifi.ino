// twinflow's fan on an Arduino UNO R4 WiFi. ../README.md says what to buy, to wire and to click; what you may want to change is in
// config.h, and your network in secrets.h.
#include "config.h"
#include "src/board/chosen_sensors.h"
#include "src/board/uno_buses.h"
#include "src/board/uno_hal.h"
#include "src/machine/machine.h"

#if __has_include("secrets.h")
#include "secrets.h"
#else
#error "secrets.h is missing: copy secrets.example.h to secrets.h and fill in your Wi-Fi and your broker"
#endif

using namespace twinflow;

static UnoHal hal({WIFI_NAME, WIFI_PASSWORD});
static UnoBuses buses;
static Machine machine(hal, chosen_sensors(buses),
                       {ASSET_ID,
                        DATA_TOPIC,
                        ANSWER_TOPIC,
                        TIME_SERVER,
                        {BROKER_HOST, BROKER_PORT, COMMAND_TOPIC, STATUS_TOPIC, {ASSET_ID, BROKER_USER, BROKER_PASSWORD}},
                        SEED,
                        AMBIENT_C,
                        PUBLISH_RATE_HZ,
                        RANDOM_FAULTS != 0});

void setup() {
  hal.begin();
  buses.begin();
  machine.setup();
}

void loop() { machine.loop(); }

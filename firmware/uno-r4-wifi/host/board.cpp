// The board's program on a computer: the same sources, against a real broker. It ends when its standard input does.
//
//   board HOST PORT ASSET_ID [USER PASSWORD]
#include <stdio.h>
#include <stdlib.h>

#include "../src/machine/machine.h"
#include "posix_hal.h"

using namespace twinflow;

int main(int argc, char **argv) {
  if (argc != 4 && argc != 6) {
    fprintf(stderr, "usage: board HOST PORT ASSET_ID [USER PASSWORD]\n");
    return 2;
  }
  const unsigned long port = strtoul(argv[2], nullptr, 10);
  if (port == 0 || port > 65535) {
    fprintf(stderr, "board: `%s` is no port; give a number from 1 to 65535\n", argv[2]);
    return 2;
  }
  const char *asset_id = argv[3];
  const char *user = argc == 6 ? argv[4] : nullptr;
  const char *password = argc == 6 ? argv[5] : nullptr;
  PosixHal hal;
  Machine machine(hal, SensorSet(),
                  {asset_id,
                   DATA_TOPIC,
                   ANSWER_TOPIC,
                   TIME_SERVER,
                   {argv[1], static_cast<uint16_t>(port), COMMAND_TOPIC, STATUS_TOPIC, {asset_id, user, password}},
                   SEED,
                   AMBIENT_C,
                   PUBLISH_RATE_HZ,
                   false});
  machine.setup();
  while (!hal.has_ended()) {
    machine.loop();
    hal.wait(5);
  }
  return 0;
}

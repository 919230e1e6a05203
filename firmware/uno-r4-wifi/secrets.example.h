// Copy this file to secrets.h and fill it in. secrets.h stays on your computer: git does not take it.
#pragma once

#define WIFI_NAME "the name of your Wi-Fi"
#define WIFI_PASSWORD "its password"

// The computer that runs twinflow, or your own broker: a name or an address.
#define BROKER_HOST "192.168.1.10"
#define BROKER_PORT 1883
// nullptr where the broker asks for none.
#define BROKER_USER nullptr
#define BROKER_PASSWORD nullptr

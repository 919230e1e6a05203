// Keeps the way to the broker open: Wi-Fi, then MQTT, each tried again with growing waits. Nothing here waits.
#pragma once

#include "../timing/backoff.h"
#include "mqtt_client.h"

namespace twinflow {

struct ConnectionSettings {
  const char *broker_host;
  uint16_t broker_port;
  const char *command_topic;
  const char *status_topic;
  MqttSettings mqtt;
};

class Connection {
 public:
  enum class State : uint8_t { no_wifi, no_broker, online };

  Connection(Hal &hal, const ConnectionSettings &settings);

  void poll(uint32_t now_ms, MqttListener &listener);
  // False while there is no connection, too: a reading that cannot go out now is of no use later.
  bool publish(const char *topic, const char *payload, size_t size);

  State state() const;
  // What went wrong last, for the console.
  const char *problem() const;
  // How often it came online.
  uint32_t times_online() const { return times_online_; }
  uint32_t broker_wait_ms() const { return broker_backoff_.wait_ms(); }

 private:
  void poll_wifi(uint32_t now_ms);
  void poll_broker(uint32_t now_ms, MqttListener &listener);
  void came_online(uint32_t now_ms);

  Hal &hal_;
  ConnectionSettings settings_;
  MqttClient mqtt_;
  Backoff wifi_backoff_{2000, 60000};
  Backoff broker_backoff_{1000, 30000};
  bool is_wifi_up_ = false;
  bool is_joining_ = false;
  bool was_asked_ = false;
  uint32_t joined_ms_ = 0;
  uint32_t asked_ms_ = 0;
  bool is_online_ = false;
  bool is_proven_ = false;
  uint32_t online_ms_ = 0;
  uint32_t times_online_ = 0;
};

}  // namespace twinflow

#include "connection.h"

#include <string.h>

namespace twinflow {

namespace {

// Asking the radio takes milliseconds: not in every round.
constexpr uint32_t wifi_question_ms = 500;
// Joining, with an address from the router, takes seconds.
constexpr uint32_t join_patience_ms = 15000;
// A broker that lets us in and throws us out again has not been reached: only after this the waits are short again.
constexpr uint32_t proof_ms = 10000;

constexpr char online[] = "online";
constexpr char offline[] = "offline";

MqttSettings with_will(MqttSettings mqtt, const char *status_topic) {
  mqtt.will_topic = status_topic;
  mqtt.will = offline;
  return mqtt;
}

}  // namespace

Connection::Connection(Hal &hal, const ConnectionSettings &settings)
    : hal_(hal), settings_(settings), mqtt_(hal, with_will(settings.mqtt, settings.status_topic)) {}

Connection::State Connection::state() const {
  if (!is_wifi_up_) return State::no_wifi;
  return is_online_ ? State::online : State::no_broker;
}

const char *Connection::problem() const {
  if (!is_wifi_up_) return "the Wi-Fi is not there: look at its name and password in secrets.h";
  return is_online_ ? "" : mqtt_.closed_because();
}

void Connection::poll(uint32_t now_ms, MqttListener &listener) {
  poll_wifi(now_ms);
  poll_broker(now_ms, listener);
}

void Connection::poll_wifi(uint32_t now_ms) {
  if (was_asked_ && now_ms - asked_ms_ < wifi_question_ms) return;
  was_asked_ = true;
  asked_ms_ = now_ms;
  is_wifi_up_ = hal_.wifi_is_up();
  if (is_wifi_up_) {
    is_joining_ = false;
    wifi_backoff_.succeeded();
    return;
  }
  if (is_joining_ && now_ms - joined_ms_ >= join_patience_ms) {
    is_joining_ = false;
    wifi_backoff_.failed(now_ms, hal_.entropy());
  }
  if (!is_joining_ && wifi_backoff_.is_due(now_ms)) {
    is_joining_ = true;
    joined_ms_ = now_ms;
    hal_.wifi_join();
  }
}

void Connection::poll_broker(uint32_t now_ms, MqttListener &listener) {
  if (!is_wifi_up_) {
    // The radio may be back with another address: the old connection is worth nothing.
    mqtt_.close("the Wi-Fi went away");
    is_online_ = false;
    return;
  }
  const MqttClient::State before = mqtt_.state();
  if (before == MqttClient::State::closed) {
    is_online_ = false;
    if (!broker_backoff_.is_due(now_ms)) return;
    if (!mqtt_.open(settings_.broker_host, settings_.broker_port, now_ms)) {
      broker_backoff_.failed(now_ms, hal_.entropy());
    }
    return;
  }
  mqtt_.poll(now_ms, listener);
  const MqttClient::State after = mqtt_.state();
  if (after == MqttClient::State::closed) {
    is_online_ = false;
    broker_backoff_.failed(now_ms, hal_.entropy());
  } else if (after == MqttClient::State::open && !is_online_) {
    came_online(now_ms);
  } else if (is_online_ && !is_proven_ && now_ms - online_ms_ >= proof_ms) {
    is_proven_ = true;
    broker_backoff_.succeeded();
  }
}

void Connection::came_online(uint32_t now_ms) {
  is_online_ = true;
  is_proven_ = false;
  online_ms_ = now_ms;
  ++times_online_;
  mqtt_.subscribe(settings_.command_topic);
  mqtt_.publish(settings_.status_topic, online, strlen(online), true);
}

bool Connection::publish(const char *topic, const char *payload, size_t size) {
  return is_online_ && mqtt_.publish(topic, payload, size, false);
}

}  // namespace twinflow

// A make-believe board for tests: time that the test moves, a Wi-Fi and a broker that the test takes away. It allocates nothing, so that
// a test can count what the firmware allocates.
#pragma once

#include <cstdint>
#include <cstring>

#include "../src/hal.h"

namespace twinflow {

// What the board published last on a topic, and how often.
struct Published {
  uint32_t count = 0;
  char payload[1024] = {};
  size_t size = 0;
  bool retained = false;
};

class FakeHal : public Hal {
 public:
  uint32_t now_ms = 0;
  bool has_wifi = true;
  // Whether joining works: the Wi-Fi is up this long after it was asked for.
  uint32_t join_takes_ms = 3000;
  bool accepts_tcp = true;
  // Whether the broker says anything, and what it answers to a connection.
  bool answers = true;
  uint8_t connection_code = 0;

  uint32_t joins = 0;
  uint32_t connections = 0;
  uint32_t times_fed = 0;
  uint32_t attempt_ms[256] = {};
  uint32_t attempts = 0;
  uint32_t acknowledged = 0;
  char will_topic[64] = {};
  char will[64] = {};
  char client_id[64] = {};
  char subscribed[128] = {};
  uint8_t subscribed_qos = 9;
  uint32_t picture[3] = {};
  char told[8192] = {};
  size_t told_size = 0;
  const char *typed = "";

  // The time server: 0 answers nothing.
  uint64_t server_unix_ms = 0;
  uint8_t server_stratum = 2;
  bool server_mistakes_question = false;
  uint32_t questions = 0;

  Published &on(const char *topic) {
    for (Topic &known : topics_) {
      if (known.name[0] == '\0') strncpy(known.name, topic, sizeof known.name - 1);
      if (strcmp(known.name, topic) == 0) return known.published;
    }
    return topics_[0].published;
  }

  // The broker sends a message. At QoS 1 it expects an acknowledgement.
  void deliver(const char *topic, const void *payload, size_t size, unsigned qos) {
    const size_t topic_size = strlen(topic);
    const size_t length = 2 + topic_size + (qos > 0 ? 2 : 0) + size;
    to_board(static_cast<uint8_t>(0x30 | qos << 1));
    size_t rest = length;
    do {
      to_board(static_cast<uint8_t>(rest % 128 | (rest >= 128 ? 0x80 : 0)));
      rest /= 128;
    } while (rest > 0);
    to_board(static_cast<uint8_t>(topic_size >> 8));
    to_board(static_cast<uint8_t>(topic_size));
    for (size_t at = 0; at < topic_size; ++at) to_board(static_cast<uint8_t>(topic[at]));
    if (qos > 0) {
      to_board(0x12);
      to_board(0x34);
    }
    for (size_t at = 0; at < size; ++at) to_board(static_cast<const uint8_t *>(payload)[at]);
  }

  void to_board(uint8_t byte) {
    if (pending_ < sizeof queue_) queue_[(first_ + pending_++) % sizeof queue_] = byte;
  }

  // Wi-Fi or broker go away, or come back.
  void drop_wifi() {
    has_wifi = false;
    is_joined_ = false;
    is_tcp_open_ = false;
  }
  void drop_tcp() { is_tcp_open_ = false; }
  bool is_tcp_open() const { return is_tcp_open_; }

  uint32_t millis() override { return now_ms; }
  uint32_t entropy() override {
    random_ = random_ * 1664525u + 1013904223u;
    return random_ >> 8;
  }
  void feed_watchdog() override { ++times_fed; }

  void wifi_join() override {
    ++joins;
    joined_at_ms_ = now_ms;
    is_joining_ = true;
    if (attempts < 256) attempt_ms[attempts++] = now_ms;
  }
  bool wifi_is_up() override {
    if (has_wifi && is_joining_ && now_ms - joined_at_ms_ >= join_takes_ms) {
      is_joined_ = true;
      is_joining_ = false;
    }
    return has_wifi && is_joined_;
  }

  bool tcp_connect(const char *, uint16_t) override {
    ++connections;
    if (attempts < 256) attempt_ms[attempts++] = now_ms;
    pending_ = 0;
    received_ = 0;
    is_tcp_open_ = accepts_tcp && is_joined_;
    return is_tcp_open_;
  }
  bool tcp_write(const uint8_t *bytes, size_t size) override {
    if (!is_tcp_open_) return false;
    for (size_t at = 0; at < size; ++at) broker_takes(bytes[at]);
    return true;
  }
  int tcp_read(uint8_t *bytes, size_t capacity) override {
    if (pending_ == 0) return is_tcp_open_ ? 0 : -1;
    size_t count = 0;
    while (count < capacity && pending_ > 0) {
      bytes[count++] = queue_[first_];
      first_ = (first_ + 1) % sizeof queue_;
      --pending_;
    }
    return static_cast<int>(count);
  }
  void tcp_close() override { is_tcp_open_ = false; }

  bool udp_send(const char *, uint16_t, const uint8_t *bytes, size_t size) override {
    ++questions;
    if (size != sizeof question_) return false;
    memcpy(question_, bytes, size);
    is_answer_due_ = server_unix_ms > 0;
    return true;
  }
  int udp_receive(uint8_t *bytes, size_t) override {
    if (!is_answer_due_) return 0;
    is_answer_due_ = false;
    memset(bytes, 0, sizeof question_);
    bytes[0] = 4 << 3 | 4;
    bytes[1] = server_stratum;
    memcpy(bytes + 24, question_ + 40, 8);
    if (server_mistakes_question) bytes[24] ^= 1;
    const uint64_t since_1900_s = server_unix_ms / 1000 + 2208988800ull;
    const uint64_t fraction = (server_unix_ms % 1000 << 32) / 1000 + 1;
    for (int byte = 0; byte < 4; ++byte) {
      bytes[40 + byte] = static_cast<uint8_t>(since_1900_s >> (24 - 8 * byte));
      bytes[44 + byte] = static_cast<uint8_t>(fraction >> (24 - 8 * byte));
    }
    return sizeof question_;
  }

  int console_read() override { return *typed == '\0' ? -1 : static_cast<unsigned char>(*typed++); }
  void console_write(const char *text, size_t size) override {
    for (size_t at = 0; at < size && told_size + 1 < sizeof told; ++at) told[told_size++] = text[at];
    told[told_size] = '\0';
  }
  void show(const uint32_t words[3]) override { memcpy(picture, words, sizeof picture); }

 private:
  struct Topic {
    char name[64] = {};
    Published published;
  };

  void broker_takes(uint8_t byte) {
    if (received_ < sizeof packet_) packet_[received_++] = byte;
    size_t length = 0;
    size_t head = 1;
    for (unsigned shift = 0;; shift += 7) {
      if (head >= received_) return;
      length |= static_cast<size_t>(packet_[head] & 0x7f) << shift;
      if ((packet_[head++] & 0x80) == 0) break;
    }
    if (received_ < head + length) return;
    packet(packet_[0], packet_ + head, length);
    received_ = 0;
  }

  static void copy_text(char *to, size_t capacity, const uint8_t *text) {
    size_t size = static_cast<size_t>(text[0]) << 8 | text[1];
    if (size > capacity - 1) size = capacity - 1;
    memcpy(to, text + 2, size);
    to[size] = '\0';
  }

  static const uint8_t *after_text(const uint8_t *text) { return text + 2 + (static_cast<size_t>(text[0]) << 8 | text[1]); }

  void packet(uint8_t kind, const uint8_t *body, size_t length) {
    switch (kind & 0xf0) {
      case 0x10: {
        const uint8_t *at = body + 10;
        copy_text(client_id, sizeof client_id, at);
        at = after_text(at);
        copy_text(will_topic, sizeof will_topic, at);
        copy_text(will, sizeof will, after_text(at));
        answer({0x20, 2, 0, connection_code});
        break;
      }
      case 0x80:
        copy_text(subscribed, sizeof subscribed, body + 2);
        subscribed_qos = body[length - 1];
        answer({0x90, 3, body[0], body[1], 1});
        break;
      case 0x30: {
        char topic[64];
        copy_text(topic, sizeof topic, body);
        Published &published = on(topic);
        ++published.count;
        published.retained = (kind & 1) != 0;
        published.size = static_cast<size_t>(body + length - after_text(body));
        if (published.size > sizeof published.payload - 1) published.size = sizeof published.payload - 1;
        memcpy(published.payload, after_text(body), published.size);
        published.payload[published.size] = '\0';
        break;
      }
      case 0x40:
        if (body[0] == 0x12 && body[1] == 0x34) ++acknowledged;
        break;
      case 0xc0: answer({0xd0, 0}); break;
      default: break;
    }
  }

  template <size_t size>
  void answer(const uint8_t (&bytes)[size]) {
    if (!answers) return;
    for (uint8_t byte : bytes) to_board(byte);
  }

  uint32_t random_ = 12345;
  bool is_joined_ = false;
  bool is_joining_ = false;
  uint32_t joined_at_ms_ = 0;
  bool is_tcp_open_ = false;
  uint8_t queue_[16384];
  size_t first_ = 0;
  size_t pending_ = 0;
  uint8_t packet_[2048];
  size_t received_ = 0;
  uint8_t question_[48] = {};
  bool is_answer_due_ = false;
  Topic topics_[4];
};

}  // namespace twinflow

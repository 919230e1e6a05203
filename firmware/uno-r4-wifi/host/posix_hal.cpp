#include "posix_hal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace twinflow {

namespace {

constexpr int connect_ms = 2000;
constexpr int write_ms = 1000;

// The first address of a name, to be freed by the caller.
addrinfo *address_of(const char *host, uint16_t port) {
  char service[8];
  snprintf(service, sizeof service, "%u", static_cast<unsigned>(port));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *found = nullptr;
  return getaddrinfo(host, service, &hints, &found) == 0 ? found : nullptr;
}

bool is_ready(int file, short events, int longest_ms) {
  pollfd asked = {file, events, 0};
  return poll(&asked, 1, longest_ms) == 1 && (asked.revents & events) != 0;
}

bool has_connected(int file) {
  if (!is_ready(file, POLLOUT, connect_ms)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

PosixHal::PosixHal() {
  // A broker that goes away while we write is no reason to die.
  signal(SIGPIPE, SIG_IGN);
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
}

PosixHal::~PosixHal() { tcp_close(); }

void PosixHal::wait(uint32_t longest_ms) {
  pollfd files[2] = {{tcp_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  poll(files, 2, static_cast<int>(longest_ms));
}

uint32_t PosixHal::millis() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint32_t>(static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000);
}

uint32_t PosixHal::entropy() {
  uint32_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) bits = millis();
  return bits;
}

bool PosixHal::tcp_connect(const char *host, uint16_t port) {
  tcp_close();
  addrinfo *address = address_of(host, port);
  if (address == nullptr) return false;
  tcp_ = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const bool is_begun = tcp_ >= 0 && (connect(tcp_, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS);
  freeaddrinfo(address);
  if (is_begun && has_connected(tcp_)) return true;
  tcp_close();
  return false;
}

bool PosixHal::tcp_write(const uint8_t *bytes, size_t size) {
  while (size > 0) {
    if (!is_ready(tcp_, POLLOUT, write_ms)) return false;
    const ssize_t written = write(tcp_, bytes, size);
    if (written < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (written > 0) {
      bytes += written;
      size -= static_cast<size_t>(written);
    }
  }
  return true;
}

int PosixHal::tcp_read(uint8_t *bytes, size_t capacity) {
  const ssize_t count = read(tcp_, bytes, capacity);
  if (count > 0) return static_cast<int>(count);
  const bool is_quiet = count < 0 && (errno == EAGAIN || errno == EINTR);
  return is_quiet ? 0 : -1;
}

void PosixHal::tcp_close() {
  if (tcp_ >= 0) close(tcp_);
  tcp_ = -1;
}

// The computer's clock answers instead of a time server: it is set already, and a test needs no network then.
bool PosixHal::udp_send(const char *, uint16_t, const uint8_t *bytes, size_t size) {
  if (size != sizeof time_answer_) return false;
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const uint32_t since_1900_s = static_cast<uint32_t>(static_cast<uint64_t>(now.tv_sec) + 2208988800u);
  const uint32_t fraction = static_cast<uint32_t>((static_cast<uint64_t>(now.tv_nsec) << 32) / 1000000000u);
  memset(time_answer_, 0, sizeof time_answer_);
  time_answer_[0] = 4 << 3 | 4;
  time_answer_[1] = 1;
  memcpy(time_answer_ + 24, bytes + 40, 8);
  for (int byte = 0; byte < 4; ++byte) {
    time_answer_[40 + byte] = static_cast<uint8_t>(since_1900_s >> (24 - 8 * byte));
    time_answer_[44 + byte] = static_cast<uint8_t>(fraction >> (24 - 8 * byte));
  }
  is_time_asked_ = true;
  return true;
}

int PosixHal::udp_receive(uint8_t *bytes, size_t capacity) {
  if (!is_time_asked_ || capacity < sizeof time_answer_) return 0;
  is_time_asked_ = false;
  memcpy(bytes, time_answer_, sizeof time_answer_);
  return sizeof time_answer_;
}

int PosixHal::console_read() {
  unsigned char letter = 0;
  const ssize_t count = read(STDIN_FILENO, &letter, 1);
  if (count == 0) has_ended_ = true;
  return count == 1 ? letter : -1;
}

void PosixHal::console_write(const char *text, size_t size) {
  fwrite(text, 1, size, stdout);
  fflush(stdout);
}

}  // namespace twinflow

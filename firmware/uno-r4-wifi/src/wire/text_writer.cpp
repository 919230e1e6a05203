#include "text_writer.h"

namespace twinflow {

namespace {

constexpr double powers_of_ten[] = {1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

bool is_plain(char letter) { return letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\'; }

}  // namespace

TextWriter::TextWriter(char *buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) { clear(); }

void TextWriter::clear() {
  size_ = 0;
  overflowed_ = false;
  if (capacity_ > 0) buffer_[0] = '\0';
}

void TextWriter::put(char letter) {
  if (size_ + 1 >= capacity_) {
    overflowed_ = true;
    return;
  }
  buffer_[size_++] = letter;
  buffer_[size_] = '\0';
}

TextWriter &TextWriter::text(const char *text) {
  while (*text != '\0') put(*text++);
  return *this;
}

TextWriter &TextWriter::foreign(const char *text, size_t size) {
  for (size_t at = 0; at < size; ++at) put(is_plain(text[at]) ? text[at] : '?');
  return *this;
}

TextWriter &TextWriter::json_string(const char *text) {
  for (; *text != '\0'; ++text) {
    if (*text == '"' || *text == '\\') put('\\');
    const unsigned char byte = static_cast<unsigned char>(*text);
    put(byte < ' ' ? '?' : *text);
  }
  return *this;
}

TextWriter &TextWriter::whole(uint64_t value) {
  char digits[20];
  unsigned count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) put(digits[--count]);
  return *this;
}

TextWriter &TextWriter::decimal(float value, unsigned digits) {
  const bool is_negative = value < 0.0f;
  const double size = is_negative ? -static_cast<double>(value) : static_cast<double>(value);
  // JSON has no name for what is not a number; and beyond this no sensor goes.
  if (!(size <= 1e12) || digits > 6) return text("null");
  // A float times a small power of ten is exact in a double, and so is the half: this is no approximation.
  uint64_t scaled = static_cast<uint64_t>(size * powers_of_ten[digits] + 0.5);
  unsigned kept = digits;
  while (kept > 1 && scaled % 10 == 0) {
    scaled /= 10;
    --kept;
  }
  const uint64_t unit = static_cast<uint64_t>(powers_of_ten[kept]);
  if (is_negative && scaled > 0) put('-');
  whole(scaled / unit);
  put('.');
  if (kept == 0) put('0');
  uint64_t rest = scaled % unit;
  for (uint64_t place = unit / 10; place > 0; place /= 10) {
    put(static_cast<char>('0' + rest / place));
    rest %= place;
  }
  return *this;
}

}  // namespace twinflow

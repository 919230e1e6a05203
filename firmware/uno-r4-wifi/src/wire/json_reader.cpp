#include "json_reader.h"

#include <string.h>

namespace twinflow {

namespace {

// Larger significands cannot take one more digit.
constexpr uint64_t full_significand = (UINT64_MAX - 9) / 10;
constexpr int32_t far_exponent = 10000;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

int hex_digit(char letter) {
  if (is_digit(letter)) return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

// Not rounded correctly in the last bit of a double, which no float shows.
double scaled(uint64_t significand, int32_t exponent) {
  double value = static_cast<double>(significand);
  const bool is_small = exponent < 0;
  uint32_t places = static_cast<uint32_t>(is_small ? -exponent : exponent);
  // Beyond 400 places a value that is not 0 is out of all ranges, and the loops below stay short.
  if (value == 0.0 || places > 400) places = value == 0.0 ? 0 : 400;
  // Powers of ten up to 22 are exact in a double, tenths are not: so small numbers are made by division.
  while (places > 0) {
    const uint32_t part = places < 22 ? places : 22;
    double power = 1.0;
    for (uint32_t place = 0; place < part; ++place) power *= 10.0;
    value = is_small ? value / power : value * power;
    places -= part;
  }
  return value;
}

}  // namespace

bool JsonText::is(const char *text) const {
  return !is_cut && strlen(text) == size && memcmp(text, letters, size) == 0;
}

bool JsonReader::fail(const char *error) {
  if (error_ == nullptr) {
    error_ = error;
    error_at_ = static_cast<size_t>(at_ - begin_) + 1;
    at_ = end_;
  }
  return false;
}

void JsonReader::skip_blanks() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
}

bool JsonReader::take(char letter) {
  if (at_ == end_ || *at_ != letter) return false;
  ++at_;
  return true;
}

bool JsonReader::begin_object() {
  if (failed()) return false;
  skip_blanks();
  if (at_ == end_) return fail("expected an object, but nothing is left");
  if (depth_ == deepest) return fail("objects lie too deep in each other");
  if (!take('{')) return fail("expected an object");
  is_first_[depth_++] = true;
  return true;
}

bool JsonReader::next_member(JsonText &name) {
  if (failed() || depth_ == 0) return false;
  skip_blanks();
  if (take('}')) {
    --depth_;
    return false;
  }
  bool &is_first = is_first_[depth_ - 1];
  if (!is_first && !take(',')) return fail("expected `,` or `}`");
  is_first = false;
  skip_blanks();
  if (at_ == end_ || *at_ != '"') return fail("expected a name in quotation marks");
  if (!text(name)) return false;
  skip_blanks();
  if (!take(':')) return fail("expected `:`");
  return true;
}

void JsonReader::append(JsonText &text, char letter) {
  if (text.size == JsonText::capacity) {
    text.is_cut = true;
  } else {
    text.letters[text.size++] = letter;
  }
}

bool JsonReader::escape(JsonText &text) {
  if (at_ == end_) return fail("the text does not end");
  const char kind = *at_++;
  switch (kind) {
    case '"':
    case '\\':
    case '/': append(text, kind); return true;
    case 'b': append(text, '\b'); return true;
    case 'f': append(text, '\f'); return true;
    case 'n': append(text, '\n'); return true;
    case 'r': append(text, '\r'); return true;
    case 't': append(text, '\t'); return true;
    case 'u': break;
    default: return fail("unknown escape in a text");
  }
  unsigned code = 0;
  for (int place = 0; place < 4; ++place) {
    const int digit = at_ == end_ ? -1 : hex_digit(*at_);
    if (digit < 0) return fail("expected four hexadecimal digits");
    ++at_;
    code = code * 16 + static_cast<unsigned>(digit);
  }
  // Names and values that mean anything are ASCII: a stand-in makes all others equal to none of them.
  append(text, code < 0x80 ? static_cast<char>(code) : '\x7f');
  return true;
}

bool JsonReader::text(JsonText &text) {
  if (failed()) return false;
  text = JsonText();
  skip_blanks();
  if (!take('"')) return fail("expected a text in quotation marks");
  while (at_ < end_) {
    const char letter = *at_;
    if (static_cast<unsigned char>(letter) < ' ') return fail("control character in a text");
    ++at_;
    if (letter == '"') return true;
    if (letter != '\\') {
      append(text, letter);
    } else if (!escape(text)) {
      return false;
    }
  }
  return fail("the text does not end");
}

// One run of digits. In a fraction each digit makes the exponent smaller; digits that no longer fit make it larger.
bool JsonReader::digits(uint64_t &significand, int32_t &exponent, bool is_fraction) {
  const char *first = at_;
  for (; at_ < end_ && is_digit(*at_); ++at_) {
    const bool fits = significand <= full_significand;
    if (fits) significand = significand * 10 + static_cast<uint64_t>(*at_ - '0');
    if (is_fraction && fits && exponent > -far_exponent) --exponent;
    if (!is_fraction && !fits && exponent < far_exponent) ++exponent;
  }
  return at_ > first || fail("expected a digit");
}

bool JsonReader::number(JsonNumber &number) {
  if (failed()) return false;
  skip_blanks();
  const bool is_negative = at_ < end_ && *at_ == '-';
  if (!is_negative && (at_ == end_ || !is_digit(*at_))) return fail("expected a number");
  if (is_negative) ++at_;
  uint64_t significand = 0;
  int32_t exponent = 0;
  if (take('0')) {
    if (at_ < end_ && is_digit(*at_)) return fail("a number begins with 0");
  } else if (!digits(significand, exponent, false)) {
    return false;
  }
  bool is_plain = !is_negative && exponent == 0;
  if (take('.')) {
    is_plain = false;
    if (!digits(significand, exponent, true)) return false;
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    is_plain = false;
    ++at_;
    const bool is_small = at_ < end_ && *at_ == '-';
    if (is_small || (at_ < end_ && *at_ == '+')) ++at_;
    const char *first = at_;
    int32_t given = 0;
    for (; at_ < end_ && is_digit(*at_); ++at_) {
      if (given < far_exponent) given = given * 10 + (*at_ - '0');
    }
    if (at_ == first) return fail("expected a digit");
    exponent += is_small ? -given : given;
  }
  const double size = scaled(significand, exponent);
  if (!(size <= 1.7976931348623157e308)) return fail("the number is too large");
  number.value = is_negative ? -size : size;
  number.is_code = is_plain && significand <= UINT32_MAX;
  number.code = number.is_code ? static_cast<uint32_t>(significand) : 0;
  return true;
}

bool JsonReader::null() {
  if (failed()) return false;
  skip_blanks();
  if (end_ - at_ < 4 || memcmp(at_, "null", 4) != 0) return false;
  at_ += 4;
  return true;
}

bool JsonReader::finish() {
  if (failed()) return false;
  skip_blanks();
  return at_ == end_ || fail("something follows the object");
}

}  // namespace twinflow

#include "console.h"

#include <string.h>

namespace twinflow {

namespace {

struct Verb {
  const char *word;
  const char *field;
  bool is_text;
};

constexpr Verb verbs[] = {
    {"mode", "control_mode", true},          {"speed", "speed_command_pct", false},
    {"heat", "process_heat_load_w", false},  {"load", "mechanical_load", false},
    {"rate", "publish_rate_hz", false},
};

struct Word {
  const char *letters;
  size_t size;

  bool is(const char *text) const { return strlen(text) == size && memcmp(text, letters, size) == 0; }
  bool is_number() const { return size > 0 && (letters[0] == '-' || (letters[0] >= '0' && letters[0] <= '9')); }
};

constexpr size_t most_words = 4;

// Letters that cannot end a JSON text or begin something else in it.
bool is_harmless(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == '-' || letter == '+';
}

void put_text(TextWriter &json, const Word &word) {
  json.text("\"").foreign(word.letters, word.size).text("\"");
}

}  // namespace

const char console_help[] =
    "mode automatic|manual, speed 0..100 (%), heat 0..500 (W), load 0..1, rate 1..20 (readings a second),\r\n"
    "fault none|overcurrent|cooling_degradation|imbalance|thermal_overload [severity 0..1], status, help;\r\n"
    "or a command as JSON.\r\n";

bool ConsoleLine::take(char letter) {
  if (is_over_) {
    size_ = 0;
    was_too_long_ = false;
    is_over_ = false;
  }
  if (letter == '\n' || letter == '\r') {
    letters_[size_] = '\0';
    is_over_ = true;
    // An empty line, such as between \r and \n, is none.
    return size_ > 0;
  }
  if (size_ < capacity) {
    letters_[size_++] = letter;
  } else {
    was_too_long_ = true;
  }
  return false;
}

bool json_of_words(const char *line, size_t size, TextWriter &json, TextWriter &reason) {
  Word words[most_words];
  size_t count = 0;
  size_t at = 0;
  while (at < size) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    const size_t first = at;
    while (at < size && line[at] != ' ' && line[at] != '\t') {
      if (!is_harmless(line[at])) {
        reason.text("`").foreign(line + at, 1).text("` does not belong into a command of words; try help");
        return false;
      }
      ++at;
    }
    if (count == most_words) {
      reason.text("too many words; try help");
      return false;
    }
    words[count++] = {line + first, at - first};
  }
  json.clear();
  if (count >= 2 && count <= 3 && words[0].is("fault")) {
    json.text("{\"fault\":{").text(words[1].is_number() ? "\"code\":" : "\"class\":");
    if (words[1].is_number()) {
      json.foreign(words[1].letters, words[1].size);
    } else {
      put_text(json, words[1]);
    }
    if (count == 3) json.text(",\"severity\":").foreign(words[2].letters, words[2].size);
    json.text("}}");
    return json.is_whole();
  }
  for (const Verb &verb : verbs) {
    if (count != 2 || !words[0].is(verb.word)) continue;
    json.text("{\"").text(verb.field).text("\":");
    if (verb.is_text) {
      put_text(json, words[1]);
    } else {
      json.foreign(words[1].letters, words[1].size);
    }
    json.text("}");
    return json.is_whole();
  }
  reason.text("not understood; try help");
  return false;
}

}  // namespace twinflow

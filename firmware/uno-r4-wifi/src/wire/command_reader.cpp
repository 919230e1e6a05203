#include "command_reader.h"

namespace twinflow {

namespace {

constexpr float usual_severity = 0.9f;

// The fields in the order in which a refusal lists them.
enum Field : unsigned { control_mode, speed, heat, load, fault, rate, timestamp, key, field_count };
constexpr const char *field_names[field_count] = {
    "control_mode",    "speed_command_pct", "process_heat_load_w",
    "mechanical_load", "fault",             "publish_rate_hz",
    "timestamp",       "key",
};

enum FaultField : unsigned { fault_class, fault_code, severity, fault_field_count };
constexpr const char *fault_field_names[fault_field_count] = {"class", "code", "severity"};

class Reading {
 public:
  Reading(const char *text, size_t size, TextWriter &reason) : json_(text, size), reason_(reason) {}

  bool read(Request &request) {
    if (!json_.begin_object()) return broken();
    unsigned seen = 0;
    JsonText name;
    while (json_.next_member(name)) {
      const int field = field_of(name, field_names, field_count, seen);
      if (field < 0 || !value(static_cast<Field>(field), request)) return false;
    }
    if (json_.failed() || !json_.finish()) return broken();
    return true;
  }

 private:
  bool broken() {
    reason_.text("no valid JSON: ").text(json_.error()).text(" at byte ").whole(json_.error_at());
    return false;
  }

  // The number of a field by its name, each allowed once; -1 with the reason.
  int field_of(const JsonText &name, const char *const *names, unsigned count, unsigned &seen) {
    for (unsigned field = 0; field < count; ++field) {
      if (!name.is(names[field])) continue;
      if ((seen & (1u << field)) != 0) {
        reason_.text("`").text(names[field]).text("` stands there twice");
        return -1;
      }
      seen |= 1u << field;
      return static_cast<int>(field);
    }
    reason_.text("unknown field `").foreign(name.letters, name.size).text("`; known are ");
    list(names, count);
    return -1;
  }

  void list(const char *const *names, unsigned count) {
    for (unsigned at = 0; at < count; ++at) reason_.text(at == 0 ? "" : ", ").text(names[at]);
  }

  bool value(Field field, Request &request) {
    // Null says nothing, as in the simulated fan.
    if (json_.null()) return true;
    Command &command = request.command;
    switch (field) {
      case control_mode: return mode(command.control_mode);
      case speed: return number(field_names[field], speed_command_pct_limits, command.speed_command_pct);
      case heat: return number(field_names[field], process_heat_load_w_limits, command.process_heat_load_w);
      case load: return number(field_names[field], mechanical_load_limits, command.mechanical_load);
      case rate: return number(field_names[field], publish_rate_hz_limits, request.publish_rate_hz);
      case fault: return read_fault(command.fault);
      case timestamp: return any_time();
      case key: return json_.text(request.key) || broken();
      case field_count: break;
    }
    return false;
  }

  // When it was sent changes nothing, but must make sense.
  bool any_time() {
    JsonNumber time;
    if (!json_.number(time)) return broken();
    if (time.value - time.value == 0.0) return true;
    reason_.text("timestamp is no number of milliseconds");
    return false;
  }

  bool mode(ControlMode &mode) {
    JsonText name;
    if (!json_.text(name)) return broken();
    if (name.is("automatic")) {
      mode = ControlMode::automatic;
    } else if (name.is("manual")) {
      mode = ControlMode::manual;
    } else {
      reason_.text("unknown control_mode `").foreign(name.letters, name.size);
      reason_.text("`; give automatic or manual");
      return false;
    }
    return true;
  }

  bool number(const char *field, const Limits &limits, float &value) {
    JsonNumber number;
    if (!json_.number(number)) return broken();
    const float found = static_cast<float>(number.value);
    if (!limits.hold(found)) {
      reason_.text(field).text(" is ").decimal(found, 3).text("; give a number from ");
      reason_.decimal(limits.min, 1).text(" to ").decimal(limits.max, 1);
      return false;
    }
    value = found;
    return true;
  }

  bool class_named(FaultClass &found) {
    JsonText name;
    if (!json_.text(name)) return broken();
    for (unsigned code = 0; code < fault_classes; ++code) {
      found = static_cast<FaultClass>(code);
      if (name.is(name_of(found))) return true;
    }
    reason_.text("`fault.class` is one of ");
    for (unsigned code = 0; code < fault_classes; ++code) {
      reason_.text(code == 0 ? "" : ", ").text(name_of(static_cast<FaultClass>(code)));
    }
    reason_.text(", found `").foreign(name.letters, name.size).text("`");
    return false;
  }

  bool class_of_code(FaultClass &found) {
    JsonNumber number;
    if (!json_.number(number)) return broken();
    if (!number.is_code || number.code >= fault_classes) {
      reason_.text("the fault code stands for no class; give a whole number from 0 (normal) to 4 (thermal overload)");
      return false;
    }
    found = static_cast<FaultClass>(number.code);
    return true;
  }

  bool read_fault(Fault &fault) {
    if (!json_.begin_object()) return broken();
    FaultClass found = FaultClass::none;
    float given_severity = usual_severity;
    unsigned seen = 0;
    unsigned classes = 0;
    JsonText name;
    while (json_.next_member(name)) {
      const int field = field_of(name, fault_field_names, fault_field_count, seen);
      if (field < 0) return false;
      if (field == severity) {
        JsonNumber number;
        if (!json_.number(number)) return broken();
        given_severity = static_cast<float>(number.value);
      } else if (!json_.null()) {
        ++classes;
        if (!(field == fault_class ? class_named(found) : class_of_code(found))) return false;
      }
    }
    if (json_.failed()) return broken();
    if (classes != 1) {
      reason_.text("`fault` needs either `class` or `code`");
      return false;
    }
    // The severity of no fault means nothing.
    if (found != FaultClass::none && !severity_limits.hold(given_severity)) {
      reason_.text("severity is ").decimal(given_severity, 3).text("; give a number from 0.0 to 1.0");
      return false;
    }
    fault = fault_of(found, found == FaultClass::none ? 0.0f : given_severity);
    return true;
  }

  JsonReader json_;
  TextWriter &reason_;
};

}  // namespace

bool read_command(const char *text, size_t size, Request &request, TextWriter &reason) {
  Request asked = request;
  asked.key = {};
  if (!Reading(text, size, reason).read(asked)) return false;
  request = asked;
  return true;
}

}  // namespace twinflow

#include "payload.h"

namespace twinflow {

bool write_payload(const Report &report, TextWriter &out) {
  const Command &command = report.command;
  out.clear();
  out.text("{");
  if (report.timestamp_ms > 0) out.text("\"timestamp\":").whole(report.timestamp_ms).text(",");
  out.text("\"asset_id\":\"").json_string(report.asset_id);
  out.text("\",\"sequence_id\":").whole(report.sequence);
  out.text(",\"schema_version\":").whole(schema_version);
  if (report.has_temp) out.text(",\"temp\":").decimal(report.reading.temp_c, 2);
  if (report.has_rpm) out.text(",\"rpm\":").decimal(report.reading.rpm, 0);
  if (report.has_current) out.text(",\"current\":").decimal(report.reading.current_a, 3);
  if (report.has_vibration) out.text(",\"vibration\":").decimal(report.reading.vibration_g, 4);
  out.text(",\"mode\":\"").text(name_of(report.mode));
  out.text("\",\"inputs\":{\"control_mode\":\"").text(name_of(command.control_mode));
  out.text("\",\"process_heat_load_w\":").decimal(command.process_heat_load_w, 1);
  out.text(",\"mechanical_load\":").decimal(command.mechanical_load, 3);
  // In automatic mode the controller chooses the speed, and nobody has set one.
  if (command.control_mode == ControlMode::manual) {
    out.text(",\"speed_command_pct\":").decimal(command.speed_command_pct, 1);
  }
  out.text("},\"run\":").whole(report.run);
  out.text(",\"fault\":{\"code\":").whole(static_cast<uint64_t>(command.fault.fault_class));
  out.text(",\"severity\":").decimal(command.fault.severity, 2).text("}");
  if (report.edge_fault_code >= 0) {
    out.text(",\"edge_fault_code\":").whole(static_cast<uint64_t>(report.edge_fault_code));
  }
  out.text("}");
  return out.is_whole();
}

}  // namespace twinflow

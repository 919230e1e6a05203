// Writes the two flows as Node-RED keeps them: node flows.mjs kpi|full CSV-FILE > flows.json
const [kind, csvFile] = process.argv.slice(2);
const full = kind === "full";

const kpis = `
const now = msg.payload, before = context.get("before");
let energy = before ? before.energy : 0, coolingRate = 0;
const power = 230 * now.current;
const seconds = before ? (now.timestamp - before.timestamp) / 1000 : 0;
if (seconds > 0 && seconds <= 60) {
  coolingRate = -(now.temp - before.temp) / seconds;
  energy += (power + before.power) / 2 * seconds / 3600;
}
if (!before || seconds > 0) context.set("before", { timestamp: now.timestamp, temp: now.temp, power, energy });
msg.payload = { ...now, power, energy, co2: energy * 0.233, cooling_rate: coolingRate,
  thermal_efficiency: Math.abs(coolingRate) / Math.max(1, power) * 100000 };
msg.topic = "twin/out";
return msg;`;

const ask = `
msg.reading = msg.payload;
const { temp, rpm, current, vibration, power, cooling_rate, thermal_efficiency } = msg.reading;
msg.payload = { temp, rpm, current, vibration, power, cooling_rate, thermal_efficiency };
msg.headers = { "content-type": "application/json" };
return msg;`;

const answer = `
const reading = { ...msg.reading, ...msg.payload };
return { topic: "twin/out", payload: reading };`;

const row = `
msg.payload = Object.values(msg.payload).join(",");
return msg;`;

const gauges = ["temp", "rpm", "current", "vibration", "power"];
const charts = [...gauges, "energy"];
const fan = `return [${[...gauges, ...charts].map((field) => `{ topic: "${field}", payload: msg.payload.${field} }`)}];`;

let x = 0;
const node = (id, type, rest, wires) => ({ id, type, z: "tab", name: id, x: (x += 120), y: 100, wires, ...rest });
const script = (id, func, wires) => node(id, "function", { func, outputs: wires.length, timeout: 0, libs: [] }, wires);

const behind = full ? ["row", "show"] : [];
const flow = [
  { id: "tab", type: "tab", label: "fan" },
  { id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: process.env.COMPARE_PORT, autoConnect: true,
    protocolVersion: "4", keepalive: "60", cleansession: true },
  node("readings", "mqtt in", { topic: "factory/fan/data", qos: "1", datatype: "utf8", broker: "broker" }, [["parse"]]),
  node("parse", "json", { property: "payload", action: "obj" }, [["kpis"]]),
  script("kpis", kpis, [[full ? "ask" : "twin"]]),
  node("twin", "mqtt out", { topic: "twin/out", qos: "0", retain: "false", broker: "broker" }, []),
];
if (full) {
  flow.push(
    script("ask", ask, [["model"]]),
    node("model", "http request", { method: "POST", ret: "obj", url: process.env.COMPARE_MODEL, persist: true }, [["answer"]]),
    script("answer", answer, [["twin", ...behind]]),
    script("row", row, [["file"]]),
    node("file", "file", { filename: csvFile, filenameType: "str", appendNewline: true, overwriteFile: "false" }, [[]]),
    script("show", fan, [...gauges.map((f) => [`gauge-${f}`]), ...charts.map((f) => [`chart-${f}`])]),
    { id: "base", type: "ui-base", name: "twin", path: "/dashboard" },
    { id: "theme", type: "ui-theme", name: "theme", colors: {}, sizes: {} },
    { id: "page", type: "ui-page", name: "page", ui: "base", path: "/", layout: "grid", theme: "theme", order: 1, visible: "true", disabled: "false" },
    { id: "group", type: "ui-group", name: "group", page: "page", width: "12", height: "1", order: 1, showTitle: true, visible: "true", disabled: "false" },
    ...gauges.map((f) => node(`gauge-${f}`, "ui-gauge", { group: "group", width: 3, height: 3, gtype: "gauge-half",
      gstyle: "needle", title: f, min: 0, max: 3200, segments: [{ from: "0", color: "#5cd65c" }] }, [[]])),
    ...charts.map((f) => node(`chart-${f}`, "ui-chart", { group: "group", label: f, chartType: "line", category: "topic",
      categoryType: "msg", xAxisType: "time", xAxisPropertyType: "timestamp", yAxisProperty: "payload",
      yAxisPropertyType: "msg", action: "append", removeOlder: 1, removeOlderUnit: "3600", removeOlderPoints: "300",
      colors: ["#0095ff"], width: 6, height: 8, interpolation: "linear" }, [[]])),
  );
}
console.log(JSON.stringify(flow));

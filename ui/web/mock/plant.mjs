/** A fan that is simulated just well enough to look at its dashboard. */

const CLASSES = [
  'Normal operation',
  'Overcurrent Fault',
  'Thermal drift',
  'Mechanical imbalance',
  'Thermal overload',
];
const ADVICE = [
  'No action needed.',
  'Inspect the load and worn components; check the bearing for drag.',
  'Check the air inlet and the heat sink for dust; compare with the last service.',
  'Balance the impeller and tighten the mount.',
  'Reduce the load now and let the unit cool down.',
];
const CO2_G_PER_WH = 0.233;
const SUPPLY_V = 230;

export const LABELS = Object.fromEntries(CLASSES.map((name, code) => [String(code), name]));

export class Fan {
  /** @param {string} key @param {(timeMs: number) => number} faultAt the fault code at a time @param {number} [warmth] */
  constructor(key, faultAt, warmth = 0) {
    this.key = key;
    this.faultAt = faultAt;
    this.warmth = warmth;
    this.temp = 24 + warmth;
    this.settings = { speed: 60, mode: 'manual', running: true, load: 120, ignored: 10 };
    this.energy = 94;
    this.timeMs = 0;
    this.faultyS = 0;
  }

  /** One reading of every stream. @param {number} timeMs */
  step(timeMs) {
    const dt = this.timeMs === 0 ? 0.2 : (timeMs - this.timeMs) / 1000;
    this.timeMs = timeMs;
    const noise = (/** @type {number} */ size) => (Math.random() + Math.random() - 1) * size;
    const code = this.faultAt(timeMs);
    this.faultyS = code === 0 ? 0 : this.faultyS + dt;
    const target = 25 + this.warmth + 2.5 * Math.sin(timeMs / 47_000) + (code === 1 ? 9 : code >= 2 ? 26 : 0);
    const before = this.temp;
    this.temp += (target - this.temp) * dt * 0.05 + noise(0.03);
    const rpm = 2950 + 60 * Math.sin(timeMs / 31_000) + noise(14) - (code === 1 ? 260 : 0);
    const current = 1.32 + 0.05 * Math.sin(timeMs / 23_000) + noise(0.03) + (code === 1 ? 0.52 : 0);
    const vibration = 0.043 + noise(0.006) + (code === 3 ? 0.06 : code === 1 ? 0.012 : 0);
    const power = SUPPLY_V * current;
    this.energy += (power * dt) / 3600;
    const cooling = dt === 0 ? null : -(this.temp - before) / dt;
    const efficiency = cooling === null ? null : (Math.abs(cooling) / Math.max(1, power)) * 100_000;
    const confidence =
      code === 0 ? 0.97 + noise(0.02) : Math.min(0.96, 0.62 + this.faultyS * 0.02) + noise(0.02);
    const severity = code === 0 ? 'None' : confidence < 0.7 ? 'Low' : confidence < 0.9 ? 'Medium' : 'High';
    const anomaly = code !== 0 && this.faultyS > 0.6;
    const { speed, mode, running, load, ignored } = this.settings;
    const kpis = [
      this.temp,
      rpm,
      current,
      vibration,
      power,
      this.energy,
      this.energy * CO2_G_PER_WH,
      cooling,
      efficiency,
      anomaly,
    ];
    return {
      kpis: [timeMs, this.key, ...kpis],
      alerts: [timeMs, this.key, anomaly, anomaly ? CLASSES[code] : 'Normal'],
      settings: [timeMs, this.key, speed, mode, running, load, ignored],
      faults: [timeMs, this.key, code, confidence * 100, CLASSES[code], severity, ADVICE[code], code !== 0],
    };
  }
}

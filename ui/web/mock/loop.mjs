/** A control loop that is simulated just well enough to work with: what node `pid` shows and takes. */

const LIMIT = /** @type {const} */ ([15, 55]);
const AMBIENT = 20;
/** Degrees that the full output makes in the end. */
const GAIN = 40;
const LAG_S = 25;

export class Loop {
  /** @param {string} key @param {number} warmth @param {string} [broken] why it is in its safe state from the start */
  constructor(key, warmth, broken = '') {
    this.key = key;
    this.temp = 30 + warmth;
    this.setpoint = 40;
    this.output = 45;
    this.integral = 50;
    this.mode = broken === '' ? 'automatic' : 'safe';
    this.reason = broken;
    this.timeMs = 0;
  }

  /** One row of its view. @param {number} timeMs */
  step(timeMs) {
    const dt = this.timeMs === 0 ? 1 : (timeMs - this.timeMs) / 1000;
    this.timeMs = timeMs;
    const error = this.setpoint - this.temp;
    if (this.mode === 'automatic') {
      this.integral = Math.min(100, Math.max(0, this.integral + 0.12 * error * dt));
      this.output = Math.min(100, Math.max(0, 3 * error + this.integral));
    } else {
      this.integral = this.output;
      if (this.mode === 'safe') this.output = 0;
    }
    const disturbance = 2 * Math.sin(timeMs / 40_000);
    this.temp += ((AMBIENT + disturbance + (GAIN * this.output) / 100 - this.temp) * dt) / LAG_S;
    this.temp += (Math.random() - 0.5) * 0.06;
    const measured = this.mode === 'safe' ? null : this.temp;
    return [timeMs, this.key, measured, this.setpoint, this.output, this.mode, this.reason];
  }

  /** @param {boolean} on */
  fail(on) {
    this.mode = on ? 'safe' : 'automatic';
    this.reason = on ? 'No measured value for 10 s' : '';
  }

  /**
   * @param {string} operation @param {{ value?: number, output?: number }} wish
   * @returns {{ error: string } | object} what the server answers
   */
  operate(operation, { value, output }) {
    if (operation === 'setpoint') {
      if (value === undefined || value < LIMIT[0] || value > LIMIT[1])
        return { error: `the set-point is ${value} °C, and may be ${LIMIT[0]} to ${LIMIT[1]} °C` };
      this.setpoint = value;
      return { setpoint: value };
    }
    if (this.mode === 'safe') return { error: `the loop is in its safe state: ${this.reason}` };
    if (operation !== 'manual' && operation !== 'automatic')
      return { error: `there is no operation ${operation}` };
    this.mode = operation;
    if (operation === 'manual' && output !== undefined) this.output = output;
    return { mode: this.mode, output: this.output };
  }
}

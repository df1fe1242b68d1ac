/** The greatest number of digits that a DECIMAL holds. */
export const MAX_DECIMAL_PRECISION = 38;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;
/** Exponents beyond this are never within 38 digits, and would only make enormous integers. */
const MAX_EXPONENT = 4000;

const POWERS: readonly bigint[] = Array.from({ length: 2 * MAX_DECIMAL_PRECISION + 1 }, (_, n) => 10n ** BigInt(n));

/** 10ⁿ. */
export function powerOfTen(n: number): bigint {
  return POWERS[n] ?? 10n ** BigInt(n);
}

/** An exact decimal number: `unscaled × 10^-scale`. */
export class Decimal {
  readonly unscaled: bigint;
  /** Digits after the point, 0–38. */
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /**
   * Reads `-12.50`, `.5`, `1e3`. Keeps the digits after the point as written, as far as `maxScale` (then rounds).
   * Undefined when the text is not a number.
   */
  static parse(text: string, maxScale: number = MAX_DECIMAL_PRECISION): Decimal | undefined {
    const match = NUMBER.exec(text);
    if (match === null) return undefined;
    const whole = match[2] ?? "";
    const fraction = match[3] ?? "";
    if (whole === "" && fraction === "") return undefined;
    const exponent = match[4] === undefined ? 0 : Number(match[4]);
    const magnitude = BigInt(whole + fraction);
    const unscaled = match[1] === "-" ? -magnitude : magnitude;
    if (magnitude === 0n) return new Decimal(0n, Math.min(Math.max(fraction.length - exponent, 0), maxScale));
    const scale = fraction.length - exponent;
    if (scale < 0) return new Decimal(unscaled * powerOfTen(Math.min(-scale, MAX_EXPONENT)), 0);
    if (scale <= maxScale) return new Decimal(unscaled, scale);
    return new Decimal(divideRounded(unscaled, Math.min(scale - maxScale, MAX_EXPONENT + text.length)), maxScale);
  }

  /** The same number with `scale` digits after the point; what is cut off is rounded half away from zero. */
  rescale(scale: number): Decimal {
    if (scale === this.scale) return this;
    if (scale > this.scale) return new Decimal(this.unscaled * powerOfTen(scale - this.scale), scale);
    return new Decimal(divideRounded(this.unscaled, this.scale - scale), scale);
  }

  /** Digits in all, leading zeros not counted. */
  get digits(): number {
    const magnitude = this.unscaled < 0n ? -this.unscaled : this.unscaled;
    return magnitude === 0n ? 0 : magnitude.toString().length;
  }

  /** Rounded half away from zero. */
  toBigInt(): bigint {
    return this.rescale(0).unscaled;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** Negative, zero or positive, as this is less than, equal to or greater than the other. */
  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const a = this.rescale(scale).unscaled;
    const b = other.rescale(scale).unscaled;
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** Exactly `scale` digits after the point: `-0.50`. */
  toString(): string {
    const negative = this.unscaled < 0n;
    const digits = (negative ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, "0");
    const whole = digits.slice(0, digits.length - this.scale);
    const text = this.scale === 0 ? whole : `${whole}.${digits.slice(digits.length - this.scale)}`;
    return negative ? `-${text}` : text;
  }
}

function divideRounded(value: bigint, powers: number): bigint {
  const divisor = powerOfTen(powers);
  const half = divisor / 2n;
  return value < 0n ? -((-value + half) / divisor) : (value + half) / divisor;
}

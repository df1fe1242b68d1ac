const INTEGER = /^[+-]?\d+$/;
const RADIX = /^([+-]?)(0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/i;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "+inf": Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  "+infinity": Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};
/** One place of 32 bits, seen as a float and as an integer: the next number is one more. */
const singles = new Float32Array(1);
const singleBits = new Int32Array(singles.buffer);
/** No integer type has more digits; longer texts are out of range whatever they say. */
const MAX_INTEGER_TEXT = 64;

/** A whole number as PostgreSQL reads it: blanks around it, a sign, also `0x1F`, `0o17`, `0b101`. */
export function parseInteger(text: string): bigint | "syntax" | "range" {
  const trimmed = text.trim();
  const plain = trimmed.includes("_") ? trimmed.replace(/(?<=[0-9a-f])_(?=[0-9a-f])/gi, "") : trimmed;
  if (INTEGER.test(plain)) return plain.length > MAX_INTEGER_TEXT ? "range" : BigInt(plain.replace("+", ""));
  const radix = RADIX.exec(plain);
  if (radix === null) return "syntax";
  if (plain.length > MAX_INTEGER_TEXT) return "range";
  const magnitude = BigInt(radix[2] ?? "0");
  return radix[1] === "-" ? -magnitude : magnitude;
}

/** A double, or a real when `single`. A number too great, or too small to differ from zero, is out of range. */
export function parseFloatText(text: string, single: boolean): number | "syntax" | "range" {
  const trimmed = text.trim();
  if (!FLOAT.test(trimmed)) return SPECIAL[trimmed.toLowerCase()] ?? "syntax";
  const double = Number(trimmed);
  const value = single ? Math.fround(double) : double;
  if (!Number.isFinite(value)) return "range";
  if (value === 0 && /[1-9]/.test(trimmed.replace(/e.*$/i, ""))) return "range";
  return value;
}

/** The shortest text that reads back as the same number, in PostgreSQL's form: `1e+20`, `1.5e-07`, `-0`, `NaN`. */
export function formatFloat(value: number, single: boolean): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = (single ? shortestSingle(value) : value.toExponential()).split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= (single ? 6 : 15)) {
    const magnitude = Math.abs(exponent);
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${magnitude < 10 ? `0${magnitude}` : magnitude}`;
  }
  return positional(mantissa, exponent);
}

/** The digits that Ryu finds, as PostgreSQL: nearer to this number than to any other of 32 bits, a tie to the even digit. */
function shortestSingle(value: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = evenDigit(value, value.toExponential(digits));
    const read = Number(text);
    if (Math.fround(read) === value && !isHalfway(read, value)) return text;
  }
  return value.toExponential(8);
}

/** Whether `read` lies in the middle between this number of 32 bits and the next one up or down. */
function isHalfway(read: number, value: number): boolean {
  singles[0] = value;
  singleBits[0] = (singleBits[0] ?? 0) + (Math.abs(read) > Math.abs(value) ? 1 : -1);
  return read === (value + (singles[0] ?? 0)) / 2;
}

/** `toExponential` takes the greater digit where two are as near: take the even one. */
function evenDigit(value: number, text: string): string {
  const exponent = text.indexOf("e");
  const digit = text.charCodeAt(exponent - 1) - 48;
  if (digit % 2 === 0) return text;
  const even = `${text.slice(0, exponent - 1)}${digit - 1}${text.slice(exponent)}`;
  return Math.abs(Number(even) - value) === Math.abs(Number(text) - value) ? even : text;
}

function positional(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith("-");
  const digits = mantissa.replace("-", "").replace(".", "").replace(/0+$/, "") || "0";
  const sign = negative ? "-" : "";
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** PostgreSQL rounds a float to the nearest integer, and a half to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

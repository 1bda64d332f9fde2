import { type Builtin, BuiltinError, stringOf } from "./builtin.ts";
import { binary, type Ratio, round64 } from "./number.ts";
import { numberOf } from "./value.ts";

const byteUnits: Readonly<Record<string, bigint>> = {
  "": 1n,
  ...{ k: 1000n, kb: 1000n, m: 1000n ** 2n, mb: 1000n ** 2n, g: 1000n ** 3n, gb: 1000n ** 3n },
  ...{ t: 1000n ** 4n, tb: 1000n ** 4n, p: 1000n ** 5n, pb: 1000n ** 5n, e: 1000n ** 6n, eb: 1000n ** 6n },
  ...{ ki: 1n << 10n, kib: 1n << 10n, mi: 1n << 20n, mib: 1n << 20n, gi: 1n << 30n, gib: 1n << 30n },
  ...{ ti: 1n << 40n, tib: 1n << 40n, pi: 1n << 50n, pib: 1n << 50n, ei: 1n << 60n, eib: 1n << 60n },
};
const siUnits: Readonly<Record<string, bigint>> = {
  "": 1n,
  ...{ k: 1000n, K: 1000n, ki: 1n << 10n, Ki: 1n << 10n, M: 1000n ** 2n, mi: 1n << 20n, Mi: 1n << 20n },
  ...{ g: 1000n ** 3n, G: 1000n ** 3n, gi: 1n << 30n, Gi: 1n << 30n, t: 1000n ** 4n, T: 1000n ** 4n, ti: 1n << 40n, Ti: 1n << 40n },
  ...{ p: 1000n ** 5n, P: 1000n ** 5n, pi: 1n << 50n, Pi: 1n << 50n, e: 1000n ** 6n, E: 1000n ** 6n, ei: 1n << 60n, Ei: 1n << 60n },
};

const amount = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE]([-+]?\d{1,2})(?!\d))?([a-zA-Z]*)$/;
const LONGEST = 100;

function readAmount(text: string): { readonly value: Ratio; readonly unit: string } {
  const found = text.length > LONGEST ? null : amount.exec(text);
  if (found === null) throw new BuiltinError("units: not an amount");
  const [, digits = "", exponent = "0", unit = ""] = found;
  const [whole = "", fraction = ""] = digits.replace(/^\+/, "").split(".");
  const power = Number(exponent) - fraction.length;
  const mantissa = BigInt(`${whole.replace("-", "")}${fraction}`) * (whole.startsWith("-") ? -1n : 1n);
  const value = power >= 0 ? { over: mantissa * 10n ** BigInt(power), under: 1n } : { over: mantissa, under: 10n ** BigInt(-power) };
  return { value, unit };
}

const unquoted = (text: string): string => text.replaceAll('"', "");

const parseBytes: Builtin = (_, value) => {
  const { value: number, unit } = readAmount(unquoted(stringOf(value)).toLowerCase());
  const size = Object.hasOwn(byteUnits, unit) ? byteUnits[unit] : undefined;
  if (size === undefined) throw new BuiltinError("units.parse_bytes: unknown unit");
  const rounded = round64(number);
  const total = round64({ over: rounded.over * size, under: rounded.under });
  return numberOf(total.over / total.under);
};

const FRACTION_DIGITS = 10;

const parseUnits: Builtin = (_, value) => {
  const { value: number, unit: written } = readAmount(unquoted(stringOf(value)));
  const unit = written.slice(0, 1) + written.slice(1).toLowerCase();
  const factor = factorOf(unit);
  const over = number.over * factor.over;
  const under = number.under * factor.under;
  if (over % under === 0n) return numberOf(over / under);
  return { number: decimal(over, under) };
};

function factorOf(unit: string): Ratio {
  if (unit === "m") {
    // OPA's factor for milli is the double nearest to 0.001.
    const { mantissa, exponent } = binary(0.001);
    return { over: mantissa, under: 1n << BigInt(-exponent) };
  }
  const size = Object.hasOwn(siUnits, unit) ? siUnits[unit] : undefined;
  if (size === undefined) throw new BuiltinError("units.parse: unknown unit");
  return { over: size, under: 1n };
}

/** Go's `Rat.FloatString`: rounded half away from zero. */
function decimal(over: bigint, under: bigint): string {
  const size = over < 0n ? -over : over;
  const scaled = (size * 10n ** BigInt(FRACTION_DIGITS) * 2n + under) / (under * 2n);
  const digits = scaled.toString().padStart(FRACTION_DIGITS + 1, "0");
  return `${over < 0n ? "-" : ""}${digits.slice(0, -FRACTION_DIGITS)}.${digits.slice(-FRACTION_DIGITS)}`;
}

export const unitBuiltins = { "units.parse_bytes": parseBytes, "units.parse": parseUnits } satisfies Record<string, Builtin>;

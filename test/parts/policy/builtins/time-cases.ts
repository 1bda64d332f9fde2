import fc from "fast-check";
import { sample, text } from "./sampling.ts";

/** A part of a layout and a text that fits it. */
const pairs: readonly (readonly string[])[] = [
  ...[
    ["2006", "2024"],
    ["01", "02"],
    ["1", "2"],
    ["Jan", "feb"],
    ["02", "29"],
    ["2", "7"],
    ["_2", " 9"],
    ["002", "060"],
    ["__2", " 60"],
  ],
  ...[
    ["15", "7"],
    ["15", "23"],
    ["03", "12"],
    ["3", "1"],
    ["PM", "PM"],
    ["pm", "am"],
    ["04", "05"],
    ["4", "5"],
    ["05", "09.25"],
    ["5", "1,5"],
  ],
  ...[
    [".000", ".120"],
    [".999", ""],
    ["MST", "GMT+3"],
    ["MST", "UTC"],
    ["MST", "GMT"],
    ["Z07:00", "Z"],
    ["-0700", "-0330"],
    ["06", "70"],
  ],
  ...[
    ["-07:00:00", "+01:02:03"],
    ["-070000", "-000001"],
    ["Monday", "TUESDAY"],
    ["06", "+6"],
    ["Z07", "+14"],
    ["-07:00", "+24:60"],
  ],
];
const fitting = pairs.map(([part = "", value = ""]) => [part, value] as const);
const others = [
  "1999",
  "-5",
  "13",
  "0",
  "JANUARY",
  "31",
  "30",
  "366",
  "24",
  "59",
  "GMT-24",
  "+99:00",
  ".123456789123",
  ".-12",
  "",
  " ",
  "  ",
  "x",
];
const parts = fitting.map(([part]) => part);
const values = [...fitting.map(([, value]) => value), ...others];
const separators = ["", "-", " ", "  ", ":", "T", "x", " at "];

const fit = fc.uniqueArray(fc.constantFrom(...fitting), { minLength: 1, maxLength: 6, selector: ([part]) => part });
const loose = fc.array(fc.tuple(fc.constantFrom(...parts), fc.constantFrom(...values), fc.constantFrom(...separators)), {
  minLength: 1,
  maxLength: 4,
});
const layout = fc
  .array(fc.tuple(fc.constantFrom(...parts, ",000", ".999999999", ".000000000000", "January"), fc.constantFrom(...separators)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pieces) => pieces.flat().join(""));

/** Gaps and folds of daylight saving, leap days, the ends of years and of what 64 bits hold. */
const moments = fc.oneof(
  fc.bigInt({ min: 200_000n * 1_000_000_000n, max: 4_102_444_800_000_000_000n }),
  fc.constantFrom(
    ...[951_782_399_999_999_999n, 951_782_400_000_000_000n, 1_711_846_799_000_000_000n, 1_711_846_800_000_000_000n],
    ...[1_729_990_799_000_000_000n, 1_729_990_800_000_000_000n, 1_709_164_800_000_000_000n, 1_735_689_599_999_999_999n],
    ...[1_743_296_400_000_000_000n, 1_728_142_200_000_000_000n, 1_712_410_200_000_000_000n, 9_223_372_036_854_775_807n],
  ),
);
/**
 * No zone whose rules changed since 2020 (Tehran and Apia did): what is compared must not depend on how old the database of
 * the machine is, which is the one that OPA reads.
 */
const zones = fc.constantFrom(
  ...["UTC", "", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Monrovia"],
  ...["America/Sao_Paulo", "Asia/Kabul", "US/Eastern", "Asia/Calcutta", "GMT", "Etc/GMT+5", "America/St_Johns", "Pacific/Marquesas"],
  ...["europe/berlin", "+01:00", "Nowhere/Land", "EUROPE/BERLIN", "../etc/passwd", "PST"],
);

export const timeCases = [
  ...sample(fit, 150, 1).map((pairs) => {
    const [layouts, texts] = [pairs.map(([part]) => part), pairs.map(([, value]) => value)];
    return `time.parse_ns(${text(layouts.join(" "))}, ${text(texts.join(" "))})`;
  }),
  ...sample(loose, 120, 2).map((pieces) => {
    const [layouts, texts] = [pieces.map(([part, , mark]) => part + mark), pieces.map(([, value, mark]) => value + mark)];
    return `time.parse_ns(${text(layouts.join(""))}, ${text(texts.join(""))})`;
  }),
  ...sample(fc.tuple(layout, moments), 80, 3).map(([form, ns]) => `time.format([${ns}, "UTC", ${text(form)}])`),
  ...sample(fc.tuple(moments, zones), 120, 4).map(([ns, zone]) => `time.format([${ns}, ${text(zone)}])`),
  ...sample(
    fc.tuple(moments, zones, fc.integer({ min: -1, max: 9 }), fc.integer({ min: -9, max: 15 }), fc.integer({ min: -40, max: 40 })),
    120,
    5,
  )
    .filter(([ns]) => ns > 157_766_400_000_000_000n)
    .map(([ns, zone, ...steps]) => `time.add_date(opaque([${ns}, ${text(zone)}]), ${steps.join(", ")})`),
  ...sample(fc.tuple(moments, zones, moments, zones), 80, 6).map(
    ([a, zone, b, other]) => `time.diff(opaque([${a}, ${text(zone)}]), opaque([${b}, ${text(other)}]))`,
  ),
  ...["1.0", "1e18", "1.5", "1767776400123456789.0000001", "9223372036854775808", "1e19", "1e-5", "-1e3"].map((ns) => `time.date(${ns})`),
  ...['["1"]', "[]", "null", "[1, 2]", '[1, "UTC", 3]', '"1"', "{1}", '[1, "UTC", "2006", 4]'].map(
    (value) => `time.format(opaque(${value}))`,
  ),
  ...["1.0, 0, 0", "1.5, 0, 0", '"1", 0, 0', "0, 0, 1e1"].map((steps) => `time.add_date(1, opaque(${steps.split(", ")[0]}), 0, 0)`),
];

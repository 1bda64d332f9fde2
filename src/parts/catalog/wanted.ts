import type { ErrorObject } from "ajv";

export const MOST_MISTAKES = 5;

/**
 * What was wrong with arguments, for the caller and for records: `<json pointer>: <what was wanted>`. Holds words of the
 * reviewed schema only. Values may be personal data, and so may keys that the schema does not name (a map keyed by
 * address), so those are written as `*`.
 */
export function describeMistakes(errors: readonly ErrorObject[], named: ReadonlySet<string>): string[] {
  const mistakes = new Set<string>();
  for (const error of errors) {
    mistakes.add(`${pointer(error, named)}: ${wanted(error)}`);
    if (mistakes.size === MOST_MISTAKES) break;
  }
  return [...mistakes];
}

function pointer(error: ErrorObject, named: ReadonlySet<string>): string {
  const steps = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => (isIndex(step) || named.has(unescaped(step)) ? step : "*"));
  if (error.keyword === "required") steps.push(escaped(String(error.params.missingProperty)));
  return steps.map((step) => `/${step}`).join("");
}

function wanted(error: ErrorObject): string {
  const params: Record<string, unknown> = error.params;
  switch (error.keyword) {
    case "required":
      return "required";
    case "type":
      return `type ${[params.type].flat().join(" or ")}`;
    case "enum":
      return `one of ${list(params.allowedValues)}`;
    case "const":
      return `the value ${short(params.allowedValue)}`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return "no members beyond those of the schema";
    case "propertyNames":
      return "member names as the schema wants them";
    case "uniqueItems":
      return "no repeated items";
    default:
      return (error.message ?? error.keyword).replace(/^must (be )?/, "");
  }
}

function list(values: unknown): string {
  const all = Array.isArray(values) ? values : [values];
  const shown = all.slice(0, 10).map(short);
  return `${shown.join(", ")}${all.length > shown.length ? ", …" : ""}`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isIndex(step: string): boolean {
  return /^\d{1,9}$/.test(step);
}

function unescaped(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function escaped(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

import type { z } from "zod";
import type { Mistake } from "../core/mistakes.ts";
import { err, ok, type Result } from "../core/result.ts";
import { mistakesOf } from "../core/schema-mistakes.ts";
import { parseYaml } from "../core/yaml-text.ts";

/** Reads YAML that a person wrote and checks it against a schema. All mistakes at once, each with its line. */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
): Result<z.output<Schema>, readonly Mistake[]> {
  const yaml = parseYaml(file, text);
  if (!yaml.ok) return yaml;
  const parsed = schema.safeParse(yaml.value.value ?? {});
  if (parsed.success) return ok(parsed.data);
  return err(
    mistakesOf(schema, yaml.value.value ?? {}, parsed.error.issues).map(({ steps, ...mistake }) => {
      const line = yaml.value.line(steps);
      return line === undefined ? { file, ...mistake } : { file, ...mistake, line };
    }),
  );
}

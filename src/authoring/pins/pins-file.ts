import { z } from "zod";
import { foundText, type Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { pinOf } from "../../core/tool.ts";
import { definitionSchema, idSchema, pinSchema, toolNameSchema } from "../../parts/catalog/index.ts";

/** `policies/catalog/pins/<server>.json`: the definitions that reviewers approved, as the server gave them in one era. */
export const pinsSchema = z.strictObject({
  version: z.literal(1),
  server: idSchema,
  era: z.enum(["session", "stateless"]),
  capabilities: z.record(z.string(), z.unknown()).describe("the client capabilities declared when the tools were read"),
  tools: z.record(toolNameSchema, z.strictObject({ pin: pinSchema, definition: definitionSchema })),
});

export type PinsFile = z.infer<typeof pinsSchema>;

/** Reads a pins file. A pin that is not the digest of its definition is a mistake: somebody edited one of the two by hand. */
export function readPins(file: string, text: string): Result<PinsFile, readonly Mistake[]> {
  const remedy = "write it again with toolgate catalog pin";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : "unreadable text";
    return err([{ file, path: "", found, wanted: "a JSON file of pins", remedy }]);
  }
  const parsed = pinsSchema.safeParse(value);
  if (!parsed.success)
    return err(mistakesOf(pinsSchema, value, parsed.error.issues).map(({ steps: _, ...mistake }) => ({ file, ...mistake })));
  const { tools, era, capabilities } = parsed.data;
  const mistakes: Mistake[] = [];
  for (const [name, { pin, definition }] of Object.entries(tools)) {
    if (definition.name !== name) {
      mistakes.push({ file, path: `tools.${name}.definition.name`, found: foundText(definition.name), wanted: foundText(name), remedy });
    }
    if (pinOf(definition, era, capabilities) !== pin) {
      mistakes.push({ file, path: `tools.${name}.pin`, found: pin, wanted: "the digest of the definition beside it", remedy });
    }
  }
  return mistakes.length > 0 ? err(mistakes) : ok(parsed.data);
}

/** The file's text: tools by name, one member a line, a newline at the end. The same pins give the same bytes. */
export function writePins({ version, server, era, capabilities, tools }: PinsFile): string {
  const sorted = Object.fromEntries(
    Object.keys(tools)
      .sort()
      .map((name) => [name, { pin: tools[name]?.pin, definition: tools[name]?.definition }]),
  );
  return `${JSON.stringify({ version, server, era, capabilities, tools: sorted }, undefined, 2)}\n`;
}

import { z } from "zod";
import { foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { pinOf } from "../../core/tool.ts";
import { parseYaml } from "../../core/yaml-text.ts";
import {
  definitionSchema,
  idSchema,
  pinSchema,
  promptDefinitionSchema,
  promptNameSchema,
  templateDefinitionSchema,
  templateNameSchema,
  toolNameSchema,
} from "../../parts/catalog/index.ts";

/** What a server's definitions are kept under: tools and prompts by their name, templates by the template itself. */
export const pinKinds = ["tools", "prompts", "templates"] as const;
export type PinKind = (typeof pinKinds)[number];

export const keySchemas = { tools: toolNameSchema, prompts: promptNameSchema, templates: templateNameSchema } as const;

/** `policies/catalog/pins/<server>.json`: the definitions that reviewers approved, as the server gave them in one era. */
const pinsSchema = z.strictObject({
  version: z.literal(1),
  server: idSchema,
  era: z.enum(["session", "stateless"]),
  capabilities: z.record(z.string(), z.unknown()).describe("the client capabilities declared when the definitions were read"),
  tools: z.record(keySchemas.tools, z.strictObject({ pin: pinSchema, definition: definitionSchema })),
  prompts: z.record(keySchemas.prompts, z.strictObject({ pin: pinSchema, definition: promptDefinitionSchema })).default({}),
  templates: z.record(keySchemas.templates, z.strictObject({ pin: pinSchema, definition: templateDefinitionSchema })).default({}),
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
  const lineAt = linesOf(file, text);
  const parsed = pinsSchema.safeParse(value);
  if (!parsed.success)
    return err(mistakesOf(pinsSchema, value, parsed.error.issues).map(({ steps, ...told }) => ({ file, ...told, ...lineAt(steps) })));
  const mistakes: Mistake[] = [];
  for (const { kind, key, member, named, pin, isPin } of pinsOf(parsed.data)) {
    if (named !== key) {
      const steps = [kind, key, "definition", member];
      mistakes.push({ file, path: pathText(steps), found: foundText(named), wanted: foundText(key), remedy, ...lineAt(steps) });
    }
    if (isPin) continue;
    const steps = [kind, key, "pin"];
    const wanted = "the digest of the definition beside it";
    mistakes.push({ file, path: pathText(steps), found: pin, wanted, remedy, ...lineAt(steps) });
  }
  return mistakes.length > 0 ? err(mistakes) : ok(parsed.data);
}

/** The line of a path; read only once somebody asks, because a file without mistakes has thousands that nobody needs. JSON is YAML. */
function linesOf(file: string, text: string): (steps: readonly PropertyKey[]) => { readonly line?: number } {
  let read: ReturnType<typeof parseYaml> | undefined;
  return (steps) => {
    read ??= parseYaml(file, text);
    const line = read.ok ? read.value.line(steps) : undefined;
    return line === undefined ? {} : { line };
  };
}

function* pinsOf({ era, capabilities, tools, prompts, templates }: PinsFile) {
  for (const [kind, items] of Object.entries({ tools, prompts })) {
    for (const [key, { pin, definition }] of Object.entries(items))
      yield { kind, key, member: "name", named: definition.name, pin, isPin: pinOf(definition, era, capabilities) === pin };
  }
  for (const [key, { pin, definition }] of Object.entries(templates)) {
    const isPin = pinOf(definition, era, capabilities) === pin;
    yield { kind: "templates", key, member: "uriTemplate", named: definition.uriTemplate, pin, isPin };
  }
}

/** The file's text: definitions by name, one member a line, a newline at the end. The same pins give the same bytes. */
export function writePins({ version, server, era, capabilities, tools, prompts, templates }: PinsFile): string {
  const file = { version, server, era, capabilities, tools: sorted(tools), prompts: sorted(prompts), templates: sorted(templates) };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function sorted(items: PinsFile[PinKind]): Record<string, unknown> {
  const entries = Object.entries(items).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, { pin, definition }]) => [key, { pin, definition }]));
}

import { pathText } from "../../../core/mistakes.ts";
import { schemaFaultCompiled } from "../../../parts/catalog/index.ts";
import { itemText, type Linted, type LintFinding, type LintItem, type LintRule } from "../finding.ts";

type Found = Omit<LintFinding, "rule" | "level">;
type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);

function* inputSchemas({ items }: Linted): Generator<{ readonly item: LintItem; readonly schema: Schema }> {
  for (const item of items) {
    const { inputSchema } = item.definition;
    if (item.kind === "tool" && isSchema(inputSchema)) yield { item, schema: inputSchema };
  }
}

function* unusable(linted: Linted): Generator<Found> {
  for (const { item, schema } of inputSchemas(linted)) {
    const fault = schemaFaultCompiled(schema);
    if (fault !== undefined) yield { item: itemText(item), path: "inputSchema", found: "another schema", wanted: fault };
  }
}

function* openSchemas(linted: Linted): Generator<Found> {
  for (const { item, schema } of inputSchemas(linted)) {
    const found = "a schema that lets arguments through that it does not name";
    const wanted = '"additionalProperties": false';
    if (!isClosed(schema)) yield { item: itemText(item), path: "inputSchema", found, wanted };
    // What is open as a whole is told once.
    else
      for (const { steps, schema: inner } of objectsIn(schema, ["inputSchema"]))
        if (!isClosed(inner)) yield { item: itemText(item), path: pathText(steps), found, wanted };
  }
}

/** A map of typed values is no list of arguments. */
const isClosed = ({ additionalProperties, unevaluatedProperties }: Schema): boolean =>
  additionalProperties === false || unevaluatedProperties === false || (isSchema(additionalProperties) && "type" in additionalProperties);

function* objectsIn(
  schema: Schema,
  steps: readonly PropertyKey[],
): Generator<{ readonly steps: readonly PropertyKey[]; readonly schema: Schema }> {
  const inner = [
    ...Object.entries(isSchema(schema.properties) ? schema.properties : {}).map(([name, one]) => [["properties", name], one] as const),
    [["items"], schema.items] as const,
    ...["anyOf", "oneOf", "allOf"].flatMap((key) => {
      const list: unknown = schema[key];
      return Array.isArray(list) ? list.map((one: unknown, at) => [[key, at], one] as const) : [];
    }),
  ];
  for (const [more, one] of inner) {
    if (!isSchema(one)) continue;
    const at = [...steps, ...more];
    if (one.type === "object") yield { steps: at, schema: one };
    yield* objectsIn(one, at);
  }
}

/** What says of which type a value is. */
const typing = ["type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"];

function* untyped(linted: Linted): Generator<Found> {
  for (const { item, schema } of inputSchemas(linted)) {
    for (const { steps, property } of propertiesOf(schema, ["inputSchema"])) {
      if (typing.some((key) => key in property)) continue;
      yield { item: itemText(item), path: pathText(steps), found: "an argument without a type", wanted: "a type that rules can rely on" };
    }
  }
}

function* propertiesOf(
  schema: Schema,
  steps: readonly PropertyKey[],
): Generator<{ readonly steps: readonly PropertyKey[]; readonly property: Schema }> {
  if (!isSchema(schema.properties)) return;
  for (const [name, property] of Object.entries(schema.properties)) {
    const at = [...steps, "properties", name];
    if (!isSchema(property)) continue;
    yield { steps: at, property };
    yield* propertiesOf(property, at);
  }
}

/** The server's own hints never decide anything here, but where they say otherwise than the catalog, somebody is wrong. */
function* contradictions({ items }: Linted): Generator<Found> {
  for (const item of items) {
    const { annotations } = item.definition;
    if (item.effects === undefined || !isSchema(annotations)) continue;
    const onlyReads = item.effects.length > 0 && item.effects.every((effect) => effect === "read");
    const effects = item.effects.join(", ") || "none";
    if (annotations.readOnlyHint === true && !onlyReads)
      yield { item: itemText(item), path: "annotations.readOnlyHint", found: "true", wanted: `what tools.yaml says: effects ${effects}` };
    if (onlyReads && (annotations.readOnlyHint === false || annotations.destructiveHint === true)) {
      const hint = annotations.destructiveHint === true ? "destructiveHint" : "readOnlyHint";
      const wanted = "what tools.yaml says: it only reads";
      yield { item: itemText(item), path: `annotations.${hint}`, found: String(annotations[hint]), wanted };
    }
  }
}

export const schemaRules: readonly LintRule[] = [
  { id: "unusable-schema", level: "error", danger: "Arguments cannot be checked, so every call is refused.", find: unusable },
  { id: "open-schema", level: "warning", danger: "Arguments that no reviewer and no rule knows of reach the server.", find: openSchemas },
  { id: "untyped-argument", level: "warning", danger: "A rule that compares it is silent for a value of another type.", find: untyped },
  {
    id: "contradicting-hints",
    level: "warning",
    danger: "Either the server or the catalog is wrong about what it does.",
    find: contradictions,
  },
];

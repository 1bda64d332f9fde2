import type { ToolDefinition } from "../../../src/core/tool.ts";

/** What a tool of the company is for: each server has one of each trade, under a name of its own. */
export const trades = ["find", "get", "fetch", "count", "move", "send", "settle", "purge", "run", "export", "status", "note"] as const;
export type Trade = (typeof trades)[number];

/** Odd names that are legal all the same: signs, capitals, other alphabets, blanks, dots, slashes, a digit at the front. */
const names: Readonly<Record<Trade, readonly [string, ...string[]]>> = {
  find: ["suche", "find.all", "Q", "search-records", "finna_færslu"],
  get: ["akte", "GET_RECORD", "record.read", "2-lesen", "fiche"],
  fetch: ["datei/holen", "fetch_document", "dokument öffnen", "paper.get", "F"],
  count: ["zahl", "count--all", "n", "anzahl.heute", "COUNT"],
  move: ["verlegen", "move_to", "déplacer", "berth.move", "x-move"],
  send: ["melden", "send.mail", "notify:agent", "brief schreiben", "post_it"],
  settle: ["zahlen", "settle", "pay.invoice", "bezahlen-€", "greiða"],
  purge: ["löschen", "purge", "delete.many", "rm-rf", "entfernen!"],
  run: ["lauf", "run_job", "job:start", "exec.plan", "R2"],
  export: ["ausfuhr", "export.rows", "EXPORT", "liste-ziehen", "útflutningur"],
  status: ["lage", "status", "is_up", "état", "ping.server"],
  note: ["vermerk", "add.note", "note+", "anmerkung", "N"],
};

export interface StrangerTool {
  readonly trade: Trade;
  readonly name: string;
  readonly definition: ToolDefinition;
  readonly facts: Readonly<Record<string, unknown>>;
}

export function toolsOfServer(server: number, count: number): readonly StrangerTool[] {
  return Array.from({ length: count }, (_, index) => {
    const trade = trades[index % trades.length] ?? "find";
    const round = Math.floor(index / trades.length);
    const own = names[trade][server % names[trade].length] ?? names[trade][0];
    const name = round === 0 ? own : `${own}~${round + 1}`;
    const { effects, risk, classes, sample, ...schemas } = tradeRows[trade];
    const definition = {
      name,
      title: `${titles[trade]} · ${server + 1}`,
      description: `${schemas.says} Server ${server + 1}.`,
      ...schemas.definition,
    };
    const facts = {
      risk: server % 4 === 3 && risk === "low" ? "medium" : risk,
      effects,
      data_classes: classes,
      idempotent: effects.every((effect) => effect === "read" || effect === "delete"),
      ...(trade === "run" && { timeout_ms: 45_000 }),
      sample: { args: sample },
    };
    return { trade, name, definition, facts };
  });
}

/** The name of the first tool of this trade. */
export function toolNameOf(server: number, trade: Trade): string {
  return names[trade][server % names[trade].length] ?? names[trade][0];
}

const titles: Readonly<Record<Trade, string>> = {
  ...{ find: "Suchen 🔍", get: "Akte lesen", fetch: "Dokument holen", count: "Zählen", move: "Verlegen ⚓", send: "Nachricht senden" },
  ...{ settle: "Zahlung – €", purge: "Löschen", run: "Auftrag starten", export: "Ausfuhr der Liste", status: "Lage", note: "Vermerk" },
};

const draft = "https://json-schema.org/draft/2020-12/schema";
const reference = { type: "string", pattern: "^[A-Z]{2}-[0-9]{1,8}$", description: "e.g. HK-1207" };

interface TradeRow {
  readonly effects: readonly string[];
  readonly risk: string;
  readonly classes: readonly string[];
  readonly sample: Readonly<Record<string, unknown>>;
  readonly says: string;
  readonly definition: Pick<ToolDefinition, "inputSchema"> & Partial<ToolDefinition>;
}

const record = {
  type: "object",
  properties: {
    record: {
      type: "object",
      properties: {
        id: { $ref: "#/$defs/reference" },
        name: { type: "string" },
        tax_number: { type: "string" },
        contact: { type: "object", properties: { email: { type: "string" }, phone: { type: ["string", "null"] } }, required: ["email"] },
      },
      required: ["id", "name", "tax_number", "contact"],
    },
  },
  required: ["record"],
  $defs: { reference },
};

const tradeRows: Readonly<Record<Trade, TradeRow>> = {
  find: {
    ...{ effects: ["read"], risk: "low", classes: ["betrieb"], says: "Finds records.", sample: { filter: { word: "Kiel" }, limit: 10 } },
    definition: {
      inputSchema: {
        $schema: draft,
        type: "object",
        properties: { filter: { $ref: "#/$defs/filter" }, limit: { type: "integer", minimum: 1, maximum: 500 } },
        required: ["filter", "limit"],
        additionalProperties: false,
        $defs: {
          filter: {
            type: "object",
            properties: {
              word: { type: "string", maxLength: 200 },
              since: { type: "string", format: "date" },
              any_of: { type: "array", items: { $ref: "#/$defs/filter" }, maxItems: 5 },
            },
          },
        },
      },
      annotations: { readOnlyHint: true },
    },
  },
  get: {
    ...{ effects: ["read"], risk: "medium", classes: ["personen", "steuer"], says: "Reads one record.", sample: { id: "HK-1207" } },
    definition: {
      inputSchema: {
        type: "object",
        properties: { id: { $ref: "#/definitions/reference" } },
        required: ["id"],
        definitions: { reference },
      },
      outputSchema: record,
      annotations: { readOnlyHint: true, idempotentHint: true },
    },
  },
  fetch: {
    ...{ effects: ["read"], risk: "low", classes: ["papiere"], says: "Fetches a document.", sample: { path: "gemeinsam/plan.pdf" } },
    definition: {
      inputSchema: {
        type: "object",
        properties: { path: { type: "string", minLength: 1, maxLength: 1024 }, encoding: { enum: ["utf8", "base64"], default: "utf8" } },
        required: ["path"],
        additionalProperties: false,
      },
    },
  },
  count: {
    ...{ effects: ["read"], risk: "low", classes: [], says: "Counts what there is.", sample: {} },
    definition: { inputSchema: { type: "object", properties: {}, additionalProperties: false } },
  },
  move: {
    ...{ effects: ["write"], risk: "medium", classes: ["betrieb"], says: "Moves something.", sample: { id: "HK-1", to: "kai-2" } },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          id: { ...reference },
          to: { type: "string", enum: ["kai-1", "kai-2", "kai-3", "dock", "reede"] },
          by: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
        },
        required: ["id", "to"],
        additionalProperties: false,
      },
    },
  },
  send: {
    ...{ effects: ["send"], risk: "medium", classes: ["post"], says: "Sends a message." },
    sample: { recipient: "wache@werftkontor.example", body: "Guten Tag" },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          recipient: { type: "string", format: "email", maxLength: 254 },
          body: { type: "string", maxLength: 10_000 },
          urgency: { type: "string", enum: ["normal", "hoch"] },
        },
        required: ["recipient", "body"],
      },
    },
  },
  settle: {
    ...{ effects: ["write", "pay"], risk: "high", classes: ["geld"], says: "Pays what is owed." },
    sample: { reference: "HK-77", amount: 40, currency: "EUR" },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          reference: { $ref: "#/$defs/reference" },
          amount: { type: "integer", minimum: 1, maximum: 1_000_000 },
          currency: { enum: ["EUR", "ISK", "TRY"], type: "string" },
          split: { type: "array", items: { type: "object", properties: { to: { type: "string" }, part: { type: "number" } } } },
        },
        required: ["reference", "amount", "currency"],
        additionalProperties: false,
        $defs: { reference },
      },
      annotations: { destructiveHint: true },
    },
  },
  purge: {
    ...{ effects: ["delete"], risk: "critical", classes: ["betrieb"], says: "Deletes records for good." },
    sample: { ids: ["HK-1"], reason: "doppelt" },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          ids: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 500 },
          reason: { type: "string", minLength: 3 },
        },
        required: ["ids", "reason"],
        additionalProperties: false,
      },
      annotations: { destructiveHint: true },
    },
  },
  run: {
    ...{ effects: ["execute"], risk: "high", classes: [], says: "Starts a job." },
    sample: { job: "inventur", options: { priority: 1 } },
    definition: {
      inputSchema: {
        type: "object",
        properties: { job: { type: "string", enum: ["inventur", "abgleich", "neustart"] }, options: { $ref: "#/$defs/options" } },
        required: ["job", "options"],
        additionalProperties: false,
        $defs: {
          options: {
            type: "object",
            properties: {
              priority: { type: "integer", minimum: 0, maximum: 9 },
              labels: { type: "object", additionalProperties: { type: "string" } },
            },
            required: ["priority"],
          },
        },
      },
    },
  },
  export: {
    ...{ effects: ["read"], risk: "high", classes: ["personen"], says: "Exports rows." },
    sample: { format: "csv", region: "nord", rows: 50 },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          format: { enum: ["csv", "xlsx", "json"] },
          region: { type: "string", enum: ["nord", "ost", "übersee"] },
          rows: { type: "integer", minimum: 1 },
        },
        required: ["format", "region"],
        additionalProperties: false,
      },
    },
  },
  status: {
    ...{ effects: ["read"], risk: "low", classes: [], says: "Says how it is.", sample: {} },
    definition: { inputSchema: { type: "object" } },
  },
  note: {
    ...{ effects: ["write"], risk: "low", classes: ["betrieb"], says: "Adds a note.", sample: { id: "HK-3", text: "geprüft" } },
    definition: {
      inputSchema: {
        type: "object",
        properties: {
          id: { ...reference },
          text: { type: "string", maxLength: 2000 },
          tags: { type: "array", items: { enum: ["a", "b", "ß"] } },
        },
        required: ["id", "text"],
      },
    },
  },
};

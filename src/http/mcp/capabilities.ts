import { type ClientCapabilities, noCapabilities } from "../../core/client.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Era } from "../../core/tool.ts";
import type { DoorOffers } from "../../gateway/index.ts";
import { isMembers, type Members, tasksExtension } from "./protocol.ts";

/** A session remembers them, and each stateless request carries them, so they stay few and short. */
const MAX_EXTENSIONS = 16;
const MAX_ID_LENGTH = 128;
const MAX_SETTINGS_LENGTH = 4_096;

/**
 * What a client declares that it can do, as far as its revision has it: nobody is asked in a way that the revision does not
 * know. Members that are not ours are left out; one of ours in a wrong shape is a fault, told in a sentence.
 */
export function readCapabilities(value: unknown, revision: string): Result<ClientCapabilities, string> {
  if (!isMembers(value)) return err("the capabilities must be an object");
  if (isEmpty(value)) return ok(noCapabilities);
  for (const name of ["elicitation", "sampling", "roots", "extensions"]) {
    if (value[name] !== undefined && !isMembers(value[name])) return err(`the capability "${name}" must be an object`);
  }
  const extensions = readExtensions(value.extensions);
  if (!extensions.ok) return extensions;
  const elicitation = elicitationOf(value.elicitation, revision);
  const sampling = samplingOf(value.sampling, revision);
  return ok({
    ...(elicitation === undefined ? {} : { elicitation }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(value.roots === undefined ? {} : { roots: true }),
    extensions: extensions.value,
  });
}

/** Whether a server could ask this client for anything. */
export function canBeAsked(capabilities: ClientCapabilities): boolean {
  return capabilities.elicitation !== undefined || capabilities.sampling !== undefined || capabilities.roots !== undefined;
}

/** What a door declares at initialize and server/discover. The list of tools can always change. */
export function offeredCapabilities(offers: DoorOffers, era: Era): Members {
  const extensions = era === "stateless" ? offers.extensions : withoutTasks(offers.extensions);
  return {
    tools: { listChanged: true },
    ...(offers.prompts ? { prompts: { listChanged: true } } : {}),
    ...(offers.resources ? { resources: { subscribe: true, listChanged: true } } : {}),
    ...(offers.completions ? { completions: {} } : {}),
    ...(offers.logging ? { logging: {} } : {}),
    ...(isEmpty(extensions) ? {} : { extensions }),
  };
}

/** No session has the methods of this extension. */
function withoutTasks({ [tasksExtension]: _, ...others }: DoorOffers["extensions"]): DoorOffers["extensions"] {
  return others;
}

/** An empty object means forms, as it did before there were other modes. */
function elicitationOf(value: unknown, revision: string): ClientCapabilities["elicitation"] {
  if (!isMembers(value) || revision === "2025-03-26") return undefined;
  if (revision === "2025-06-18") return { form: true, url: false };
  const [form, url] = [isMembers(value.form), isMembers(value.url)];
  return form || url ? { form, url } : { form: true, url: false };
}

/** Before 2025-11-25 the context was part of sampling itself, and tools were not. */
function samplingOf(value: unknown, revision: string): ClientCapabilities["sampling"] {
  if (!isMembers(value)) return undefined;
  if (revision < "2025-11-25") return { tools: false, context: true };
  return { tools: isMembers(value.tools), context: isMembers(value.context) };
}

function readExtensions(value: unknown): Result<ClientCapabilities["extensions"], string> {
  if (!isMembers(value) || isEmpty(value)) return ok(noCapabilities.extensions);
  const entries = Object.entries(value);
  if (entries.length > MAX_EXTENSIONS) return err(`there are ${entries.length} extensions, wanted ${MAX_EXTENSIONS} at most`);
  for (const [id, settings] of entries) {
    if (id.length > MAX_ID_LENGTH) return err(`an extension has an id of more than ${MAX_ID_LENGTH} signs`);
    if (!isMembers(settings)) return err("the settings of an extension must be an object");
    if (JSON.stringify(settings).length > MAX_SETTINGS_LENGTH)
      return err(`the settings of an extension have more than ${MAX_SETTINGS_LENGTH} signs`);
  }
  return ok(value);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

import type { Workbench } from "../workbench/index.ts";
import type { AccessTable } from "./access.ts";
import type { AccessSelection } from "./selection.ts";

/** Asks the production evaluator who may use what. What a selection names and nobody knows is an empty part of the table. */
export async function accessOf(_workbench: Workbench, _selection: AccessSelection): Promise<AccessTable> {
  throw new Error("not written yet");
}

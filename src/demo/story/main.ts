import { parseArgs } from "node:util";
import { systemTerminal } from "../../cli/terminal.ts";
import { tellStory } from "./tell-story.ts";

const { values } = parseArgs({ options: { bundle: { type: "string" }, keyring: { type: "string" } } });
const { bundle, keyring } = values;

process.exitCode = await tellStory(
  systemTerminal(),
  bundle !== undefined && keyring !== undefined ? { bundle: { file: bundle, keyring } } : {},
);

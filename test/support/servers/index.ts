export { everythingEntry, startEverything } from "./everything.ts";
export { type RecordingOptions, type RecordingServer, startRecordingServer } from "./recording-server.ts";
export { type RecordingStdio, type RecordingStdioOptions, recordingStdio, type Started } from "./recording-stdio.ts";
export {
  type AskedQuestion,
  type Behaviour,
  duplicateKey,
  echoTool,
  huge,
  type Item,
  inputRequired,
  nameQuestion,
  notJson,
  progress,
  rubbish,
  samplingAsked,
  type Tool,
  unsafeInteger,
  wrongId,
} from "./script.ts";
export { startSdkServer } from "./sdk-server.ts";
export type { Message, Received, RecordedCall, Script, ServedEra } from "./turn.ts";

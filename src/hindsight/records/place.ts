import { join } from "node:path";

/** What one replica left behind: its log, and the bundles that the log's records name. */
export interface Place {
  /** As a person named it. */
  readonly name: string;
  readonly logFolder: string;
  readonly bundleFolder: string;
}

/** The two folders of a `data_dir`. */
export function placeOf(dataDir: string): Place {
  return { name: dataDir, logFolder: join(dataDir, "log"), bundleFolder: join(dataDir, "bundles") };
}

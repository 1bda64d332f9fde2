import type { Builtin } from "./builtin.ts";
import { collectionBuiltins } from "./collections.ts";
import { encodingBuiltins } from "./encoding.ts";
import { netBuiltins } from "./net.ts";
import { semverBuiltins } from "./semver.ts";
import { sprintf } from "./sprintf.ts";
import { textBuiltins } from "./text.ts";
import { timeBuiltins } from "./time.ts";
import { unitBuiltins } from "./units.ts";

/**
 * The built-ins that a module of OPA imports from its host and that we supply: pure functions, with the same answers as
 * `opa eval` (held against it in a test). `regex.match` and its like run inside the module, on RE2; the others (`regex.replace`,
 * `find_n`, `split`) are left out, because JavaScript's own engine can be made to run for minutes by its input.
 */
export const hostBuiltins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>(
  Object.entries({
    sprintf,
    ...timeBuiltins,
    ...encodingBuiltins,
    ...semverBuiltins,
    ...unitBuiltins,
    ...textBuiltins,
    ...collectionBuiltins,
    ...netBuiltins,
  }),
);

export { type Builtin, BuiltinError, type HostContext } from "./builtin.ts";
export { parseValue, toJson } from "./value.ts";

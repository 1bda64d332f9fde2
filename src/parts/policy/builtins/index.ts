import type { Builtin } from "./builtin.ts";
import { collectionBuiltins } from "./collections.ts";
import { encodingBuiltins } from "./encoding.ts";
import { graphBuiltins } from "./graph.ts";
import { jsonMarshalBuiltins } from "./json-marshal.ts";
import { jsonPatchBuiltins } from "./json-patch.ts";
import { jsonSchemaBuiltins } from "./json-schema/index.ts";
import { jwtBuiltins } from "./jwt.ts";
import { netBuiltins } from "./net.ts";
import { regexBuiltins } from "./regex.ts";
import { semverBuiltins } from "./semver.ts";
import { sprintf } from "./sprintf.ts";
import { textBuiltins } from "./text.ts";
import { timeBuiltins } from "./time.ts";
import { unitBuiltins } from "./units.ts";
import { uriBuiltins } from "./uri.ts";
import { uuidBuiltins } from "./uuid.ts";

/**
 * The built-ins that a module of OPA imports from its host and that we supply: pure functions, with the same answers as
 * `opa eval` (held against it in tests), and each bounded in time and memory.
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
    ...regexBuiltins,
    ...graphBuiltins,
    ...jsonMarshalBuiltins,
    ...jsonPatchBuiltins,
    ...jsonSchemaBuiltins,
    ...uriBuiltins,
    ...uuidBuiltins,
    ...jwtBuiltins,
  }),
);

export { type Builtin, BuiltinError, type HostContext } from "./builtin.ts";
export { parseValue, toTerm, type Value } from "./value.ts";

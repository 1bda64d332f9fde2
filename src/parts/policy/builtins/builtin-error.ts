/** Why a built-in gave no value. It never reaches a caller: the decision becomes `policy.builtin_error`. */
export class BuiltinError extends Error {}

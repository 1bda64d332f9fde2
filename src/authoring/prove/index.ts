export { holds as invariantHolds } from "./prove.ts";
export { type Proof, type ProveOptions, provePolicies, type Unproven } from "./prove-policies.ts";
export { type Invariants, readInvariants } from "./read-invariants.ts";
export { type ProofFormat, type ProofPaint, proofFormats, writeProof } from "./report.ts";

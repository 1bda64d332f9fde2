import type { JudgedSignatures } from "../../parts/bundle/index.ts";
import type { Terminal } from "../terminal.ts";

/** One row for each signature, and one for how many of them count. */
export function signatureRows(judged: JudgedSignatures, { paint }: Terminal): readonly (readonly string[])[] {
  const rows = judged.signatures.map(({ kid, algorithm, owner, refusal }, at) => {
    const who = `${kid ?? "no key id"} (${algorithm ?? "no algorithm"})${owner === undefined ? "" : ` of ${owner}`}`;
    const says = refusal === undefined ? paint.green("counts") : paint.red(`does not count: ${refusal.detail}`);
    return [paint.dim(at === 0 ? "signature" : "co-signature"), `${who}, ${says}`];
  });
  return [...rows, [paint.dim("threshold"), `${judged.counted} of the ${judged.threshold} that the keyring wants`]];
}

export function signaturesJson(judged: JudgedSignatures): object {
  return {
    threshold: { wanted: judged.threshold, counted: judged.counted },
    signatures: judged.signatures.map(({ kid, algorithm, owner, refusal }) => ({
      kid: kid ?? null,
      algorithm: algorithm ?? null,
      ...(owner !== undefined && { owner }),
      counted: refusal === undefined,
      ...(refusal !== undefined && { code: refusal.code, detail: refusal.detail }),
    })),
  };
}

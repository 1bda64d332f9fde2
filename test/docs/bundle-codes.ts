import type { BundleCode } from "../../src/parts/bundle/index.ts";

/** Why a bundle was not taken, for operators: what it means and what to do. The compiler holds the keys equal to BundleCode. */
export const bundleCodes = {
  "bundle.unreadable": {
    meaning:
      "The file is no bundle: not a tar.gz, a path that leaves it, a duplicate, or JSON that is not strict. Or the sequence floor could not be kept.",
    remedy: "Build it again; check that the data directory can be written.",
  },
  "bundle.too_large": {
    meaning: "The archive is beyond one of the limits of the section `bundle`.",
    remedy: "Raise the limit if the size is meant.",
  },
  "bundle.unsigned": { meaning: "There is no signature.", remedy: "`toolgate bundle sign`. Configuration cannot switch this off." },
  "bundle.bad_signature": {
    meaning: "The signature does not verify, or there is more than one.",
    remedy: "Sign again with the key that the keyring names.",
  },
  "bundle.unknown_key": {
    meaning: "The key is not in the keyring, is not valid now, is revoked, or the keyring cannot be read.",
    remedy: "Correct the keyring, or sign with another key.",
  },
  "bundle.too_few_signatures": {
    meaning: "Fewer signatures by distinct owners count than the `threshold` of the keyring wants.",
    remedy: "Have another owner add one: `toolgate bundle sign --add`. The detail says which does not count and why.",
  },
  "bundle.file_changed": { meaning: "A file is not the one that was signed.", remedy: "Fetch the bundle again; find out who changed it." },
  "bundle.file_unlisted": {
    meaning: "A file stands in the archive that the signature does not list.",
    remedy: "Fetch the bundle again; find out who added it.",
  },
  "bundle.file_missing": {
    meaning: "A file that the signature lists, or that every bundle has, is not there.",
    remedy: "Build and sign again.",
  },
  "bundle.invalid_manifest": {
    meaning: "The manifest has a wrong shape, or an entrypoint is missing.",
    remedy: "Build with `toolgate bundle build`.",
  },
  "bundle.wrong_place": {
    meaning: "The bundle is for another name, tenant or environment than the section `bundle` wants.",
    remedy: "Build it for this place, or correct the configuration.",
  },
  "bundle.expired": {
    meaning:
      "The bundle has expired. A candidate that has is refused; the active one goes on in the mode its manifest names. Callers are refused with the same code.",
    remedy: "Sign a newer one under a higher sequence.",
  },
  "bundle.older_sequence": {
    meaning: "The sequence is below the floor: a later bundle was active here.",
    remedy: "To go back, sign the old content again under a higher sequence.",
  },
  "bundle.same_sequence_other_content": {
    meaning: "A bundle of this sequence was active, with other content.",
    remedy: "Raise the sequence.",
  },
  "bundle.unknown_library": {
    meaning: "The product library inside is not the one of this release.",
    remedy: "Build with the version of Toolgate that runs it.",
  },
  "bundle.unsupported": {
    meaning:
      "The policy cannot be used: another schema version, a built-in that the gateway lacks, no entrypoint, or a module that does not start.",
    remedy: "The detail names it. Update the gateway, or change the policy.",
  },
  "bundle.golden_case_failed": {
    meaning: "The bundle's own golden cases differ when run here.",
    remedy: "The detail names them. Correct the rule or the case.",
  },
  "bundle.too_slow": {
    meaning: "A golden case or a generated worst case took longer than `max_decide_ms` of the manifest.",
    remedy: "Avoid nested iteration over input; see the policy guide.",
  },
  "bundle.invalid_catalog": {
    meaning: "The catalog inside has mistakes.",
    remedy: "The detail names them. Build with `toolgate bundle build`.",
  },
} as const satisfies Readonly<Record<BundleCode, { readonly meaning: string; readonly remedy: string }>>;

import { redPixel } from "./samples.ts";

export interface ReferenceResource {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
}

type Contents = { uri: string; mimeType: string; text: string } | { uri: string; mimeType: string; blob: string };

const staticText = {
  uri: "test://static-text",
  name: "Static Text Resource",
  description: "A text that stays as it is.",
  mimeType: "text/plain",
};
const staticBinary = {
  uri: "test://static-binary",
  name: "Static Binary Resource",
  description: "An image that stays as it is.",
  mimeType: "image/png",
};
const watched = {
  uri: "test://watched-resource",
  name: "Watched Resource",
  description: "A text that changes when test_touch_resource says so.",
  mimeType: "text/plain",
};

export const referenceResources: readonly ReferenceResource[] = [staticText, staticBinary, watched];

/** What `test_trigger_resource_change` adds and takes away. */
export const extraResource: ReferenceResource = {
  uri: "test://extra",
  name: "Extra Resource",
  description: "Comes and goes.",
  mimeType: "text/plain",
};

export const referenceTemplate = {
  uriTemplate: "test://template/{id}/data",
  name: "Template Resource",
  description: "Data for any id.",
  mimeType: "application/json",
  suggestions: { id: ["123", "124", "200"] } as Readonly<Record<string, readonly string[]>>,
};

/** As the protocol lists it. */
export function listedTemplate() {
  const { uriTemplate, name, description, mimeType } = referenceTemplate;
  return { uriTemplate, name, description, mimeType };
}

/** What a URI holds, if the server has it. */
export function readResource(uri: string, offered: readonly ReferenceResource[]): Contents | undefined {
  const id = /^test:\/\/template\/([^/?#]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const decoded = decodeURIComponent(id);
    return {
      uri,
      mimeType: "application/json",
      text: JSON.stringify({ id: decoded, templateTest: true, data: `Data for ID: ${decoded}` }),
    };
  }
  if (!offered.some((one) => one.uri === uri)) return undefined;
  if (uri === staticBinary.uri) return { uri, mimeType: "image/png", blob: redPixel };
  const words = uri === staticText.uri ? "This is the content of the static text resource." : `This is ${uri}.`;
  return { uri, mimeType: "text/plain", text: words };
}

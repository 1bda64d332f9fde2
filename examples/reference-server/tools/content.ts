import { redPixel, silence } from "../samples.ts";
import { embedded, failure, nothing, type ReferenceTool, text } from "./tool.ts";

/** Tools that answer with each kind of content. */
export const contentTools: readonly ReferenceTool[] = [
  {
    name: "test_simple_text",
    description: "Answers with a text.",
    inputSchema: nothing,
    run: async () => text("This is a simple text response for testing."),
  },
  {
    name: "test_image_content",
    description: "Answers with an image.",
    inputSchema: nothing,
    run: async () => ({ content: [{ type: "image", data: redPixel, mimeType: "image/png" }] }),
  },
  {
    name: "test_audio_content",
    description: "Answers with a sound.",
    inputSchema: nothing,
    run: async () => ({ content: [{ type: "audio", data: silence, mimeType: "audio/wav" }] }),
  },
  {
    name: "test_embedded_resource",
    description: "Answers with a resource.",
    inputSchema: nothing,
    run: async () => ({ content: [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")] }),
  },
  {
    name: "test_multiple_content_types",
    description: "Answers with a text, an image and a resource.",
    inputSchema: nothing,
    run: async () => ({
      content: [
        { type: "text", text: "Multiple content types test:" },
        { type: "image", data: redPixel, mimeType: "image/png" },
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
      ],
    }),
  },
  {
    name: "test_error_handling",
    description: "Fails.",
    inputSchema: nothing,
    run: async () => failure("This tool intentionally returns an error for testing"),
  },
];

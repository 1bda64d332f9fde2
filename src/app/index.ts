export { type Built, build, type NotBuilt, type Surroundings } from "./build.ts";
export { type Config, checkSurroundings, configSchema, readConfig } from "./config.ts";
export { environment } from "./environment.ts";
export { productVersion } from "./product-version.ts";
export { type Started, start } from "./start.ts";

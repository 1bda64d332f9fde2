export { type Added, type AddRequest, addPack, type NotAdded } from "./add-pack.ts";
export { type Pack, packsFolder, readPacks } from "./pack.ts";

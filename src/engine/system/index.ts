export { type SystemRelationSource, systemRelation } from "./registry.ts";

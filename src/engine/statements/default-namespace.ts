/** Where names without a namespace are looked up; it is there from the start and cannot be made or dropped. */
export const DEFAULT_NAMESPACE = "default";

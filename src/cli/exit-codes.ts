/** What the command's exit status says to scripts. */
export const EXIT = {
  ok: 0,
  /** A statement failed, or its answer could not be read. */
  statement: 1,
  usage: 2,
  connection: 3,
  authentication: 4,
  /** Ctrl-C, as shells report it. */
  interrupted: 130,
} as const;

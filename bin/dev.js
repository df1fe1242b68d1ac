#!/usr/bin/env node
// The program from its TypeScript sources, for working on it.
import { register } from "tsx/esm/api";

register();
const { launch } = await import("../src/cli/launch.ts");
await launch(process.argv.slice(2));

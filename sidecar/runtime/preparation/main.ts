import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { refusalOf } from "../messages.ts";
import { offerAsFirstVictim } from "../process/first-victim.ts";
import { prepare } from "./preparing.ts";
import type { Said } from "./preparing-process.ts";

/** Ends at once: nothing that it has is needed any more. */
function end(): void {
	process.kill(process.pid, "SIGKILL");
}

offerAsFirstVictim();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
	process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
const [line] = await once(lines, "line");
// Nobody waits for an answer any more.
lines.on("close", end);
const said: Said = await prepare(JSON.parse(line)).catch((error: unknown) => ({
	error: refusalOf(error).reason,
}));
const output = createWriteStream("", { fd: 3 });
output.end(JSON.stringify(said), () => process.exit(0));

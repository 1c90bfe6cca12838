import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isObject } from "../../../ingest/json.ts";
import type { Ending } from "../ending.ts";

const program = fileURLToPath(new URL("bare-forwarder.mjs", import.meta.url));

/**
 * Starts the least that a forwarder in Node.js can be, in a process of its own. Stopped in the end.
 *
 * @param target the server: scheme, host and port
 * @returns its address
 */
export async function startBareForwarder(
	target: string,
	ending: Ending,
): Promise<string> {
	const child = fork(program, [target]);
	const closed = once(child, "close");
	ending.add(() => {
		child.kill("SIGTERM");
		return closed;
	});
	const address: unknown = (await once(child, "message"))[0];
	if (!isObject(address)) throw new Error("the forwarder does not listen");
	return `http://127.0.0.1:${address.port}`;
}

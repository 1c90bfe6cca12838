import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = createRequire(import.meta.url).resolve("#dist/sidecar/main.js");

/** A sidecar in a process of its own, as it runs in production. */
export interface SidecarProcess {
	child: ChildProcess;
	/** What it has logged so far. */
	lines: readonly string[];
	/** Where it listens. Rejects if it ends before it does. */
	address: Promise<string>;
	/** Resolves when it has ended and its cache folder, if it is its own, is gone. */
	closed: Promise<{ code: number | null }>;
}

/**
 * Starts a sidecar; nothing of the environment reaches it but what is given.
 *
 * @param environment without SIDECAR_CACHE_DIR it has a folder of its own, without SIDECAR_PORT a free port
 * @param nodeOptions arguments of Node.js itself
 */
export async function runSidecar(
	environment: NodeJS.ProcessEnv,
	nodeOptions: readonly string[] = [],
): Promise<SidecarProcess> {
	const folder = await mkdtemp(join(tmpdir(), "sidecar-program-"));
	const child = spawn(process.execPath, [...nodeOptions, program], {
		env: {
			PATH: process.env.PATH,
			SIDECAR_CACHE_DIR: folder,
			SIDECAR_PORT: "0",
			...environment,
		},
		stdio: ["ignore", "pipe", "pipe"],
	});
	const lines: string[] = [];
	const address = new Promise<string>((resolve, reject) => {
		for (const stream of [child.stdout, child.stderr])
			createInterface(stream).on("line", (line) => {
				lines.push(line);
				const found = /"address":"([^"]+)"/.exec(line)?.[1];
				if (found) resolve(found);
			});
		child.once("close", () => reject(new Error(lines.join("\n"))));
	});
	// Whoever does not ask for the address does not care that there is none.
	address.catch(() => undefined);
	const closed = once(child, "close").then(async ([code]) => {
		await rm(folder, { recursive: true, force: true });
		return { code };
	});
	return { child, lines, address, closed };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endLeftover } from "../../sidecar/dev/leftover.ts";

let folder: string;
let pidFile: string;
let child: ChildProcess;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "leftover-"));
	pidFile = join(folder, "pid");
	const script = "setInterval(() => undefined, 1000); console.log('up')";
	child = spawn(process.execPath, ["-e", script, folder], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	if (child.stdout !== null) await once(child.stdout, "data");
	await writeFile(pidFile, `${child.pid}\n`);
});
afterEach(async () => {
	child.kill("SIGKILL");
	await rm(folder, { recursive: true });
});

test("what an earlier start left running is ended", async () => {
	expect(await endLeftover(pidFile, ["setInterval", folder], 5_000)).toBe(true);
	await expect.poll(() => child.signalCode).toBe("SIGTERM");
	await expect(access(pidFile)).rejects.toThrow();
});

test("another program that got the same process id is left alone", async () => {
	expect(await endLeftover(pidFile, ["setInterval", "/other"], 5_000)).toBe(
		false,
	);
	expect(child.kill(0)).toBe(true);
	expect(child.signalCode).toBeNull();
});

test("a broken or missing pid file blocks no start", async () => {
	await writeFile(pidFile, "-1\n");
	expect(await endLeftover(pidFile, [], 5_000)).toBe(false);
	expect(await endLeftover(join(folder, "none"), [], 5_000)).toBe(false);
});

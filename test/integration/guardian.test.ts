import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGuarded } from "../../sidecar/dev/guarded-process.ts";

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "guardian-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function start(script: string, graceMs: number) {
	const output = await open(join(folder, "output"), "w");
	const guarded = startGuarded(process.execPath, ["-e", script], {
		env: process.env,
		cwd: folder,
		graceMs,
		output: output.fd,
		pidFile: join(folder, "pid"),
	});
	await output.close();
	return guarded;
}

const printed = () => readFile(join(folder, "output"), "utf8");
const idle = "setInterval(() => undefined, 1000); console.log('up')";

test("a command's exit code and output arrive as if it ran alone", async () => {
	const guarded = await start(
		"console.log('hello'); process.exitCode = 3",
		100,
	);
	expect(await guarded.exited).toBe(3);
	expect(await printed()).toBe("hello\n");
});

test("stopping lets the command end in its own way", async () => {
	const guarded = await start(
		`process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); ${idle}`,
		10_000,
	);
	await expect.poll(printed).toBe("up\n");
	await guarded.stop();
	expect(await guarded.exited).toBe(0);
	expect(await printed()).toBe("up\nbye\n");
});

test("a command that ignores SIGTERM ends nevertheless, and its children with it", async () => {
	const child = `require("child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => 0); setInterval(() => 0, 1000)"]).pid`;
	const guarded = await start(
		`process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000); console.log(${child})`,
		200,
	);
	await expect.poll(printed).toMatch(/^\d+\n$/);
	const grandchild = Number(await printed());
	await guarded.stop();
	expect(await guarded.exited).toBe(137);
	await expect
		.poll(() => isRunning(grandchild), { timeout: 5_000 })
		.toBe(false);
});

test("a killed parent leaves nothing running", async () => {
	const guardian = createRequire(import.meta.url).resolve(
		"#dist/sidecar/dev/guardian.js",
	);
	const args = [guardian, "200", "--pid-file", "pid", "--"];
	const script = `require("child_process").spawn(process.execPath, ${JSON.stringify([...args, process.execPath, "-e", idle])}, { stdio: ["pipe", "inherit", "inherit"], detached: true })`;
	const parent = spawn(process.execPath, ["-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
		cwd: folder,
	});
	if (parent.stdout !== null) await once(parent.stdout, "data");
	const pid = Number(await readFile(join(folder, "pid"), "utf8"));
	expect(isRunning(pid)).toBe(true);
	parent.kill("SIGKILL");
	await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

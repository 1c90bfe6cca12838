import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const pollMs = 50;

/** The command line of a process, undefined if there is none: from /proc, or from `ps` where that is missing. */
async function commandLine(pid: number): Promise<string | undefined> {
	if (process.platform === "linux") {
		const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(
			() => undefined,
		);
		return line === undefined || line === "" ? undefined : line;
	}
	const answer = await run("ps", [
		"-ww",
		"-o",
		"command=",
		"-p",
		`${pid}`,
	]).catch(() => undefined);
	return answer?.stdout;
}

async function leftoverPid(
	pidFile: string,
	marks: readonly string[],
): Promise<number | undefined> {
	const text = await readFile(pidFile, "utf8").catch(() => "");
	const pid = Number.parseInt(text, 10);
	if (!(pid > 1)) return undefined;
	const line = await commandLine(pid);
	const ours = line !== undefined && marks.every((mark) => line.includes(mark));
	return ours ? pid : undefined;
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
	try {
		process.kill(pid, name);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH"))
			throw error;
	}
}

/**
 * Ends the process whose id is in `pidFile`, left by a start that was killed together with its guardian. It is
 * ended only if its command line holds every one of `marks`: process ids are used again.
 * @returns whether there was one
 */
export async function endLeftover(
	pidFile: string,
	marks: readonly string[],
	graceMs: number,
): Promise<boolean> {
	const pid = await leftoverPid(pidFile, marks);
	if (pid !== undefined) {
		signal(pid, "SIGTERM");
		const killAt = performance.now() + graceMs;
		while ((await leftoverPid(pidFile, marks)) === pid) {
			if (performance.now() > killAt) signal(pid, "SIGKILL");
			await wait(pollMs);
		}
	}
	await rm(pidFile, { force: true });
	return pid !== undefined;
}

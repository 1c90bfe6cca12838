import { readFile } from "node:fs/promises";

/**
 * Memory that this process has of the machine, bytes. Weights that are mapped into it several times, or into other
 * processes too, count once, and there in part: Linux says that (Pss). Elsewhere it is what is resident.
 *
 * @see https://docs.kernel.org/filesystems/proc.html
 */
export async function residentMemory(): Promise<number> {
	return (await proportionalSet()) ?? process.memoryUsage.rss();
}

/** The kernel takes some milliseconds to count it, in a thread of its own. */
async function proportionalSet(): Promise<number | undefined> {
	if (process.platform !== "linux") return undefined;
	try {
		const rollup = await readFile("/proc/self/smaps_rollup", "utf8");
		const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
		return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
	} catch {
		// A kernel before 4.14, or a sandbox, has no such file.
		return undefined;
	}
}

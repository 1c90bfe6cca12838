import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const sampleMs = 20;

/** What processes had in memory at most, bytes. */
export interface PeakMemory {
	/** Of the process itself. */
	own: number;
	/** Of its children, together: a sidecar's are the processes of its models. */
	children: number;
}

/** Only Linux says in files what a process has in memory. */
export const canMeasureMemory = process.platform === "linux";

/** What a process has in memory, bytes. @throws where that can't be said: it has ended, or this is not Linux */
export async function residentBytes(pid: number): Promise<number> {
	const { VmRSS } = await sizesOf(pid);
	if (VmRSS === undefined)
		throw new Error(`no memory of the process ${pid} is known`);
	return VmRSS;
}

/**
 * The same, where memory that is mapped more than once counts once, and what other processes map too in part. @throws
 * likewise
 */
export async function proportionalBytes(pid: number): Promise<number> {
	const rollup = await readOrNothing(`/proc/${pid}/smaps_rollup`);
	const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
	if (kibibytes === undefined)
		throw new Error(`no memory of the process ${pid} is known`);
	return Number(kibibytes) * 1024;
}

/**
 * What a process and its children have in memory while something is done. Of the process it is the kernel's own record,
 * which misses nothing; where that can't be reset, and of the children, the largest of samples.
 */
export async function peakDuring<T>(
	pid: number,
	work: () => Promise<T>,
): Promise<{ result: T; peak: PeakMemory }> {
	const isRecorded = await resetRecord(pid);
	const peak: PeakMemory = { own: 0, children: 0 };
	const ended = new AbortController();
	const sampling = sample(pid, { peak, signal: ended.signal });
	try {
		const result = await work();
		const { VmHWM = 0 } = isRecorded ? await sizesOf(pid) : {};
		peak.own = Math.max(peak.own, VmHWM, await residentBytes(pid));
		return { result, peak };
	} finally {
		ended.abort();
		await sampling;
	}
}

async function sample(
	pid: number,
	{ peak, signal }: { peak: PeakMemory; signal: AbortSignal },
): Promise<void> {
	while (!signal.aborted) {
		const [own, ...children] = await Promise.all(
			[pid, ...(await childrenOf(pid))].map(sizesOf),
		);
		peak.own = Math.max(peak.own, own?.VmRSS ?? 0);
		const together = children.reduce((sum, { VmRSS = 0 }) => sum + VmRSS, 0);
		peak.children = Math.max(peak.children, together);
		await setTimeout(sampleMs, undefined, { signal }).catch(() => undefined);
	}
}

/** Sets the peak that the kernel records to what there is now. @returns whether it did: not every container may */
async function resetRecord(pid: number): Promise<boolean> {
	try {
		await writeFile(`/proc/${pid}/clear_refs`, "5");
		return true;
	} catch {
		return false;
	}
}

async function childrenOf(pid: number): Promise<number[]> {
	const ids = await readOrNothing(`/proc/${pid}/task/${pid}/children`);
	return ids.split(" ").filter(Boolean).map(Number);
}

/** The kernel's names for them: VmRSS is now, VmHWM the most so far. Empty for a process that has ended. */
async function sizesOf(pid: number): Promise<Partial<Record<string, number>>> {
	const status = await readOrNothing(`/proc/${pid}/status`);
	return Object.fromEntries(
		[...status.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, kibibytes]) => [
			name,
			Number(kibibytes) * 1024,
		]),
	);
}

/** A process may end at any moment, and its files with it. */
async function readOrNothing(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		const code =
			error instanceof Error && "code" in error ? error.code : undefined;
		if (code === "ENOENT" || code === "ESRCH") return "";
		throw error;
	}
}

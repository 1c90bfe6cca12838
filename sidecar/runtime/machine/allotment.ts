import { availableParallelism, totalmem } from "node:os";
import { type CgroupLimits, readCgroupLimits } from "./cgroup.ts";

/** What a machine has, and what of it the container may have. */
export interface Machine {
	processors: number;
	memoryBytes: number;
	cgroup: CgroupLimits;
}

/** What the operator has said; 0 leaves it to what the machine or container allows. */
export interface AllotmentSettings {
	/** Threads that run models at once, over all models. */
	processors: number;
	/** Of the processes of all models, bytes. */
	modelMemoryBytes: number;
}

/** What models may use of a machine. */
export type Allotment = AllotmentSettings;

/**
 * The models' share of the memory. The other half is for the neighbour, which is OpenSearch, with a heap and the
 * page cache that its indices are read through, and for the sidecar's own process.
 */
const memoryShare = 0.5;

/** What this machine and its container have. Throws the system's error for cgroups that can't be read. */
export function thisMachine(): Machine {
	return {
		processors: availableParallelism(),
		memoryBytes: totalmem(),
		cgroup: readCgroupLimits(),
	};
}

/**
 * What models may use. A part of a processor does not count: a thread more than the quota has time for makes the
 * kernel stop the whole container until the next period, and the proxy with it.
 */
export function allot(
	{ processors, memoryBytes, cgroup }: Machine,
	settings: AllotmentSettings,
): Allotment {
	const quota = Math.floor(cgroup.processors ?? processors);
	const memory = Math.min(memoryBytes, cgroup.memoryBytes ?? memoryBytes);
	return {
		processors: settings.processors || Math.max(1, Math.min(processors, quota)),
		modelMemoryBytes:
			settings.modelMemoryBytes || Math.floor(memory * memoryShare),
	};
}

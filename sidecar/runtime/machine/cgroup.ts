import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { hasCode } from "../system-error.ts";

/** Where Linux says what a process belongs to, and what that may have. */
export interface CgroupFiles {
	/** A line for each hierarchy that the process is in: its number, its controllers, the process's place in it. */
	membership: string;
	/** Where the hierarchies are. */
	root: string;
}

/** What a container may have; undefined is no limit. */
export interface CgroupLimits {
	memoryBytes: number | undefined;
	/** Time on processors for each unit of time: a half, or three and a half. */
	processors: number | undefined;
}

const linux: CgroupFiles = {
	membership: "/proc/self/cgroup",
	root: "/sys/fs/cgroup",
};

/**
 * The tightest limits on the way from a process's cgroup to the root, of version 2 and version 1, which a machine may
 * use beside each other. None where there are no cgroups. Throws the system's error for files that are there and
 * can't be read.
 */
export function readCgroupLimits(files: CgroupFiles = linux): CgroupLimits {
	const lines = (readText(files.membership) ?? "").split("\n");
	const limits = lines.flatMap((line) => limitsOf(line, files.root));
	return {
		memoryBytes: least(limits.map(({ memoryBytes }) => memoryBytes)),
		processors: least(limits.map(({ processors }) => processors)),
	};
}

/** What one line leads to: `0::/path` for version 2, `4:memory:/path` or `5:cpu,cpuacct:/path` for version 1. */
function limitsOf(line: string, root: string): CgroupLimits[] {
	const [, number, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
	if (number === undefined || names === undefined || path === undefined) {
		return [];
	}
	const folders = waysUp(path);
	if (number === "0" && names === "") {
		// Where version 1 is in use as well, version 2 has a folder of its own.
		const hierarchies = [root, join(root, "unified")];
		return hierarchies.flatMap((hierarchy) =>
			folders.map((folder) => unified(join(hierarchy, folder))),
		);
	}
	const controllers = names.split(",");
	return controllers
		.filter((name) => name === "memory" || name === "cpu")
		.flatMap((name) =>
			// Controllers that are mounted together have one folder under all their names; not each is always linked.
			[...new Set([name, names])].flatMap((hierarchy) =>
				folders.map((folder) => legacy(join(root, hierarchy, folder), name)),
			),
		);
}

/**
 * A cgroup and those above it. In a container the path is often one of the machine's, which is not to be seen from
 * within, and the root is the container's own cgroup: what is not there says nothing.
 */
function waysUp(path: string): string[] {
	// A process outside its namespace's root has `/..` in its path, and what is there is not to be seen either.
	const parts = posix.normalize(path).split("/").filter(Boolean);
	return ["", ...parts.map((_, end) => parts.slice(0, end + 1).join("/"))];
}

function unified(folder: string): CgroupLimits {
	const read = (file: string) => readText(join(folder, file));
	const [quota, period] = (read("cpu.max") ?? "").split(" ");
	return {
		// At `high` the kernel takes memory back and slows the process down, long before `max` kills it.
		memoryBytes: least([
			bytesIn(read("memory.max")),
			bytesIn(read("memory.high")),
		]),
		processors: share(quota, period),
	};
}

function legacy(folder: string, controller: string): CgroupLimits {
	const read = (file: string) => readText(join(folder, file));
	return {
		memoryBytes:
			controller === "memory"
				? bytesIn(read("memory.limit_in_bytes"))
				: undefined,
		processors:
			controller === "cpu"
				? share(read("cpu.cfs_quota_us"), read("cpu.cfs_period_us"))
				: undefined,
	};
}

/** `max`, and version 1's largest number of pages, are no limit. */
function bytesIn(text: string | undefined): number | undefined {
	const bytes = positive(text);
	return bytes === undefined || bytes > Number.MAX_SAFE_INTEGER
		? undefined
		: bytes;
}

/** `max` and -1 are no limit. */
function share(
	quota: string | undefined,
	period: string | undefined,
): number | undefined {
	const [time, of] = [positive(quota), positive(period)];
	return time === undefined || of === undefined ? undefined : time / of;
}

function positive(text: string | undefined): number | undefined {
	const trimmed = text?.trim() ?? "";
	return /^\d+$/.test(trimmed) && Number(trimmed) > 0
		? Number(trimmed)
		: undefined;
}

function least(numbers: readonly (number | undefined)[]): number | undefined {
	const known = numbers.filter((number) => number !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}

function readText(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (hasCode(error, ["ENOENT", "ENOTDIR"])) return undefined;
		throw error;
	}
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	allot,
	type Machine,
	thisMachine,
} from "../../sidecar/runtime/machine/allotment.ts";
import { readCgroupLimits } from "../../sidecar/runtime/machine/cgroup.ts";

const gibibyte = 1024 ** 3;
const noLimit = { memoryBytes: undefined, processors: undefined };

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "cgroup-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a process in a tree of these files may have. */
async function limitsIn(
	membership: string,
	tree: Readonly<Record<string, string>>,
) {
	const root = await mkdtemp(join(folder, "tree-"));
	const files = { ...tree, "proc-self-cgroup": membership };
	for (const [name, text] of Object.entries(files)) {
		const path = join(root, name);
		await mkdir(dirname(path), { recursive: true });
		await writeFile(path, text);
	}
	return readCgroupLimits({ membership: join(root, "proc-self-cgroup"), root });
}

describe("the limits of a container", () => {
	it("are those at the root, where a container sees its own cgroup there", async () => {
		const limits = await limitsIn("0::/\n", {
			"memory.max": "2147483648\n",
			"memory.high": "max\n",
			"cpu.max": "150000 100000\n",
		});
		expect(limits).toEqual({ memoryBytes: 2 * gibibyte, processors: 1.5 });
	});

	it("are the tightest on the way up: a service in a slice does not get more than the slice", async () => {
		const service = "system.slice/search.slice/sidecar.service";
		const limits = await limitsIn(`0::/${service}\n`, {
			"cgroup.controllers": "cpu memory\n",
			"system.slice/memory.max": "max\n",
			"system.slice/cpu.max": "max 100000\n",
			"system.slice/search.slice/memory.max": "4294967296\n",
			"system.slice/search.slice/cpu.max": "200000 100000\n",
			[`${service}/memory.max`]: "8589934592\n",
			[`${service}/cpu.max`]: "300000 100000\n",
		});
		expect(limits).toEqual({ memoryBytes: 4 * gibibyte, processors: 2 });
	});

	it("count from where the kernel begins to slow a process down", async () => {
		const { memoryBytes } = await limitsIn("0::/\n", {
			"memory.max": "4294967296\n",
			"memory.high": "3221225472\n",
		});
		expect(memoryBytes).toBe(3 * gibibyte);
	});

	it("are found in version 1, also where the path is the machine's and the folder the container's", async () => {
		const docker = "/docker/0123456789abcdef";
		const membership = [
			`12:memory:${docker}`,
			`4:cpu,cpuacct:${docker}`,
			`1:name=systemd:${docker}`,
			"",
		].join("\n");
		const limits = await limitsIn(membership, {
			"memory/memory.limit_in_bytes": "1073741824\n",
			"cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
			"cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		});
		expect(limits).toEqual({ memoryBytes: gibibyte, processors: 0.5 });
	});

	it("are found where both versions are in use", async () => {
		const limits = await limitsIn(
			"5:memory:/kubepods/pod1/app\n2:cpu:/kubepods/pod1/app\n0::/app\n",
			{
				"memory/kubepods/memory.limit_in_bytes": "9223372036854771712\n",
				"memory/kubepods/pod1/memory.limit_in_bytes": "6442450944\n",
				"memory/kubepods/pod1/app/memory.limit_in_bytes": "7516192768\n",
				"cpu/kubepods/pod1/app/cpu.cfs_quota_us": "-1\n",
				"cpu/kubepods/pod1/app/cpu.cfs_period_us": "100000\n",
				"unified/app/memory.max": "5368709120\n",
			},
		);
		expect(limits).toEqual({
			memoryBytes: 5 * gibibyte,
			processors: undefined,
		});
	});

	it.each([
		[
			"version 2 says max",
			"0::/app\n",
			{ "app/memory.max": "max\n", "app/cpu.max": "max 100000\n" },
		],
		[
			"version 1 says more than there can be",
			"3:memory:/\n2:cpu:/\n",
			{
				"memory/memory.limit_in_bytes": "9223372036854771712\n",
				"cpu/cpu.cfs_quota_us": "-1\n",
				"cpu/cpu.cfs_period_us": "100000\n",
			},
		],
		["the process is outside of what it sees", "0::/../../other\n", {}],
		["nothing is readable in it", "nonsense\n\n0::\n", { "cpu.max": "a b\n" }],
	])("are none where %s", async (_, membership, tree) => {
		expect(await limitsIn(membership, tree)).toEqual(noLimit);
	});

	it("are none on a system without cgroups", () => {
		const missing = join(folder, "missing");
		const files = { membership: missing, root: missing };
		expect(readCgroupLimits(files)).toEqual(noLimit);
	});
});

describe("what models may use", () => {
	const machine: Machine = {
		processors: 8,
		memoryBytes: 32 * gibibyte,
		cgroup: noLimit,
	};
	const byItself = { processors: 0, modelMemoryBytes: 0 };

	it("is every processor and half of the memory of a machine without limits", () => {
		expect(allot(machine, byItself)).toEqual({
			processors: 8,
			modelMemoryBytes: 16 * gibibyte,
		});
	});

	it.each([
		[2, 2],
		[2.9, 2],
		[0.5, 1],
		[64, 8],
	])("with a quota of %d processors is %d of 8", (quota, processors) => {
		const cgroup = { ...noLimit, processors: quota };
		expect(allot({ ...machine, cgroup }, byItself).processors).toBe(processors);
	});

	it("is half of what the container may have, and of the machine where that has less", () => {
		const memoryOf = (memoryBytes: number) =>
			allot({ ...machine, cgroup: { ...noLimit, memoryBytes } }, byItself)
				.modelMemoryBytes;
		expect(memoryOf(2 * gibibyte)).toBe(gibibyte);
		expect(memoryOf(1024 * gibibyte)).toBe(16 * gibibyte);
	});

	it("is what the operator says, whatever the machine has", () => {
		const settings = { processors: 12, modelMemoryBytes: 5 };
		const cgroup = { processors: 1, memoryBytes: gibibyte };
		expect(allot({ ...machine, cgroup }, settings)).toEqual(settings);
	});

	it("is something on the machine that runs this", () => {
		const { processors, modelMemoryBytes } = allot(thisMachine(), byItself);
		expect(processors).toBeGreaterThanOrEqual(1);
		expect(modelMemoryBytes).toBeGreaterThan(64 * 1024 * 1024);
	});
});

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryMeter } from "../../sidecar/runtime/memory/memory-meter.ts";
import {
	estimate,
	fittingAllocations,
	memoryNeed,
} from "../../sidecar/runtime/memory/memory-need.ts";
import { MemoryRecord } from "../../sidecar/runtime/memory/memory-record.ts";
import type { PlainSpec } from "../../sidecar/runtime/model-spec.ts";

const mebibyte = 1024 * 1024;

let folder: string;
let spec: PlainSpec;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "memory-need-test-"));
	spec = {
		functionName: "SPARSE_ENCODING",
		modelPath: join(folder, "model.onnx"),
		tokenizerPath: join(folder, "tokenizer.json"),
		allocations: 2,
		threadsPerAllocation: 1,
		identity: "one",
	};
	await writeFile(spec.modelPath, Buffer.alloc(1000));
	await writeFile(spec.tokenizerPath, Buffer.alloc(100));
});
afterEach(async () => {
	await rm(folder, { recursive: true, force: true });
});

describe("what a model needs of the memory", () => {
	it.each([
		["int8", "plain", 21.9, 1, 184],
		["int8", "plain", 21.9, 2, 255],
		["int8", "plain", 21.9, 4, 402],
		["int8", "prepared", 21.9, 1, 188],
		["int8", "prepared", 21.9, 2, 205],
		["int8", "prepared", 21.9, 4, 283],
		["fp32", "plain", 86.2, 1, 243],
		["fp32", "plain", 86.2, 2, 382],
		["fp32", "plain", 86.2, 4, 689],
		["fp32", "prepared", 86.2, 1, 258],
		["fp32", "prepared", 86.2, 2, 242],
		["fp32", "prepared", 86.2, 4, 331],
	] as const)(
		"is estimated above what was measured, and not far: %s, %s, of %d MiB with %d allocations takes %d MiB",
		(_, form, graph, allocations, measured) => {
			const sizes = { graph: graph * mebibyte, json: 0.68 * mebibyte };
			const estimated = estimate(sizes, allocations, form) / mebibyte;
			expect(estimated).toBeGreaterThanOrEqual(measured);
			expect(estimated).toBeLessThan(1.4 * measured);
		},
	);

	it("counts external data, and not what is in other folders", async () => {
		const { bytes } = await memoryNeed(spec);
		await writeFile(join(folder, "model.onnx_data"), Buffer.alloc(5000));
		await mkdir(join(folder, "prepared"));
		await writeFile(join(folder, "prepared", "x"), Buffer.alloc(7000));
		const sizes = { graph: 6000, json: 100 };
		expect(await memoryNeed(spec)).toEqual({
			bytes: estimate(sizes, 2, "plain"),
			isMeasured: false,
		});
		expect((await memoryNeed(spec)).bytes).toBeGreaterThan(bytes);
	});

	it("counts the session for texts that come alone, where there is one", async () => {
		const sizes = { graph: 1000, json: 100 };
		for (const [loneThreads, sessions] of [
			[3, 3],
			[1, 2],
		] as const) {
			const { bytes } = await memoryNeed({ ...spec, loneThreads });
			expect(bytes).toBe(estimate(sizes, sessions, "plain"));
		}
	});

	it("has no sessions in it for a model without a graph", async () => {
		const { bytes } = await memoryNeed({
			...spec,
			functionName: "SPARSE_TOKENIZE",
		});
		expect(bytes).toBe(estimate({ graph: 0, json: 100 }, 0, "plain"));
	});

	it("of files that are not there is a process's, which says what is missing", async () => {
		await rm(folder, { recursive: true });
		const { bytes } = await memoryNeed(spec);
		expect(bytes).toBe(estimate({ graph: 0, json: 0 }, 2, "plain"));
	});

	it("is what was measured before, of the same model with the same threads", async () => {
		await new MemoryRecord(spec).write(123_456_789);
		await new MemoryRecord({ ...spec, allocations: 1 }).write(7);
		expect(await memoryNeed(spec)).toEqual({
			bytes: 123_456_789,
			isMeasured: true,
		});
		for (const other of [
			{ ...spec, allocations: 3 },
			{ ...spec, threadsPerAllocation: 2 },
			{ ...spec, loneThreads: 2 },
			{ ...spec, identity: "two" },
		])
			expect(await memoryNeed(other)).toMatchObject({ isMeasured: false });
		expect(await readdir(folder)).toHaveLength(3);
	});

	it.each([
		"",
		"{",
		"null",
		'[{"model":"one","allocations":2,"threads":1,"bytes":-5}]',
		'[{"model":"one","allocations":2,"threads":1,"bytes":1e300}]',
	])(
		"is estimated where the record holds nonsense, which is then replaced: %s",
		async (json) => {
			await writeFile(join(folder, "memory.json"), json);
			expect(await memoryNeed(spec)).toMatchObject({ isMeasured: false });
			await new MemoryRecord(spec).write(5);
			expect(await memoryNeed(spec)).toEqual({ bytes: 5, isMeasured: true });
		},
	);

	it("is kept of a bounded number of configurations, the latest", async () => {
		for (let allocations = 1; allocations <= 40; allocations++)
			await new MemoryRecord({ ...spec, allocations }).write(allocations);
		const kept = (allocations: number) =>
			new MemoryRecord({ ...spec, allocations }).read();
		expect(await kept(8)).toBeUndefined();
		expect(await kept(9)).toBe(9);
		expect(await kept(40)).toBe(40);
	});
});

it("a model has no more allocations by default than the memory holds, and one at least", async () => {
	const sizes = { graph: 1000, json: 100 };
	const of = (memoryBytes: number) =>
		fittingAllocations({ ...spec, allocations: 4 }, memoryBytes);
	expect(await of(estimate(sizes, 9, "plain"))).toBe(4);
	expect(await of(estimate(sizes, 3, "plain"))).toBe(3);
	expect(await of(estimate(sizes, 3, "plain") - 1)).toBe(2);
	expect(await of(1)).toBe(1);
});

describe("a measured model", () => {
	/** Meters of a test, which may still be writing when it ends. */
	let meters: MemoryMeter[] = [];
	afterEach(async () => {
		await Promise.all(meters.map((meter) => meter.settle()));
		meters = [];
	});

	function quietMeter(): MemoryMeter {
		const meter = new MemoryMeter(pino({ level: "silent" }));
		meters.push(meter);
		return meter;
	}

	/** A model whose process says what the test says. */
	function model(overrides: Partial<PlainSpec> = {}) {
		const said = { allocations: 2, residentBytes: 1000 };
		return { spec: { ...spec, ...overrides }, said, stats: () => said };
	}

	it("counts with its estimate until all its allocations are there, or more if it takes more", () => {
		const meter = quietMeter();
		const one = model();
		one.said.allocations = 1;
		expect(meter.measure(one, 5000)).toBe(5000);
		expect(meter.measure(one, 500)).toBe(1000);
	});

	it("counts with the most it was seen to take, and that is what is known the next time", async () => {
		const meter = quietMeter();
		const one = model();
		expect(meter.measure(one, 5000)).toBe(5000);
		expect(meter.measure(one, 5000)).toBe(1000);
		one.said.residentBytes = 1500;
		expect(meter.measure(one, 1000)).toBe(1500);
		one.said.residentBytes = 900;
		expect(meter.measure(one, 1500)).toBe(1500);
		await meter.settle();
		expect(await memoryNeed(spec)).toEqual({ bytes: 1500, isMeasured: true });
	});

	it("counts as before while its process is started again", () => {
		const meter = quietMeter();
		const one = model();
		for (let looks = 0; looks < 2; looks++) meter.measure(one, 1000);
		one.said.residentBytes = 0;
		expect(meter.measure(one, 1000)).toBe(1000);
	});

	it("is measured anew when it is run with other allocations", () => {
		const meter = quietMeter();
		const one = model();
		for (let looks = 0; looks < 2; looks++) meter.measure(one, 1000);
		one.spec.allocations = 1;
		one.said.allocations = 1;
		one.said.residentBytes = 600;
		expect(meter.measure(one, 1000)).toBe(1000);
		expect(meter.measure(one, 1000)).toBe(600);
	});

	it("without a graph is complete with its one thread", () => {
		const meter = quietMeter();
		const one = model({ functionName: "SPARSE_TOKENIZE", allocations: 8 });
		one.said.allocations = 1;
		expect(meter.measure(one, 5000)).toBe(5000);
		expect(meter.measure(one, 5000)).toBe(1000);
	});

	it("is not kept where the folder can't be written to, which is said once", async () => {
		const lines: string[] = [];
		const log = new Writable({
			write(chunk, _encoding, done) {
				lines.push(String(chunk));
				done();
			},
		});
		// A file instead of a folder: root may write everywhere.
		const modelPath = join(spec.modelPath, "inside");
		const one = model({ modelPath });
		const meter = new MemoryMeter(pino(log));
		for (const bytes of [1000, 1000, 2000, 3000]) {
			one.said.residentBytes = bytes;
			meter.measure(one, bytes);
			await meter.settle();
		}
		expect(lines).toHaveLength(1);
		expect(lines.join("")).toContain("is not kept");
		expect(existsSync(modelPath)).toBe(false);
	});
});

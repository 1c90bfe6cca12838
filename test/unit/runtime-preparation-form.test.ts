import {
	mkdir,
	mkdtemp,
	readdir,
	rm,
	utimes,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processorName } from "../../sidecar/runtime/preparation/environment.ts";
import {
	inFormRoom,
	placeForm,
} from "../../sidecar/runtime/preparation/form-room.ts";
import {
	type FormTrial,
	faultOf,
} from "../../sidecar/runtime/preparation/form-trial.ts";
import {
	PreparedForm,
	writeGrouping,
} from "../../sidecar/runtime/preparation/prepared-form.ts";

let folder = "";
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "preparation-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const weights = Buffer.alloc(2_000, 7);

async function writeForm(name: string, fault?: string): Promise<string> {
	const path = join(folder, name);
	await mkdir(path, { recursive: true });
	await writeFile(join(path, "graph.onnx"), "nodes");
	await writeFile(join(path, "weights.bin"), weights);
	await PreparedForm.write(path, fault);
	return path;
}

describe("a prepared graph", () => {
	test("is found again where every byte is as it was written", async () => {
		const path = await writeForm("form");
		const form = await PreparedForm.find(path);
		expect(form?.graph).toEqual({ form: "prepared", folder: path });
		expect(await form?.isIntact()).toBe(true);
		expect(await PreparedForm.find(join(folder, "other"))).toBeUndefined();
	});

	test("is not parsed if it, or the length of its weights, has changed", async () => {
		const path = await writeForm("form");
		await writeFile(join(path, "graph.onnx"), "sedon");
		expect(await PreparedForm.find(path)).toBeUndefined();
		await writeForm("form");
		await writeFile(join(path, "weights.bin"), weights.subarray(1));
		expect(await PreparedForm.find(path)).toBeUndefined();
		await writeForm("form");
		await rm(join(path, "weights.bin"));
		expect(await PreparedForm.find(path)).toBeUndefined();
	});

	test("is seen not to be intact if one bit of its weights has changed", async () => {
		const path = await writeForm("form");
		const damaged = Buffer.from(weights);
		damaged[1_234] = 6;
		await writeFile(join(path, "weights.bin"), damaged);
		const form = await PreparedForm.find(path);
		expect(await form?.isIntact()).toBe(false);
	});

	test("whose manifest names other files, or is half written, is none", async () => {
		const path = await writeForm("form");
		const manifest = join(path, "manifest.json");
		const file = { name: "../tokenizer.json", sizeBytes: 1, sha256: "0" };
		for (const content of ['{"files":[', JSON.stringify({ files: [file] })]) {
			await writeFile(manifest, content);
			expect(await PreparedForm.find(path)).toBeUndefined();
		}
	});

	test("that is no good takes no room, and the model is read as it came", async () => {
		const path = await writeForm("form", "it is slower");
		expect(await readdir(path)).toEqual(["manifest.json"]);
		const form = await PreparedForm.find(path);
		expect(form?.graph).toEqual({ form: "original" });
		expect(await form?.isIntact()).toBe(true);
	});
});

test("what may run together is known for the threads and the output for which it was found out", async () => {
	const path = await writeForm("form");
	const form = await PreparedForm.find(path);
	const model = {
		functionName: "TEXT_EMBEDDING",
		threadsPerAllocation: 1,
		poolingMode: "MEAN",
	} as const;
	await writeGrouping(path, model, { texts: 4, tokens: 24 });
	expect(await form?.grouping(model)).toEqual({ texts: 4, tokens: 24 });
	const twoThreads = { ...model, threadsPerAllocation: 2 };
	expect(await form?.grouping(twoThreads)).toBeUndefined();
	const otherOutput = { ...model, poolingMode: "NONE" };
	expect(await form?.grouping(otherOutput)).toBeUndefined();
	await writeGrouping(path, model, { texts: 4_000, tokens: 24 });
	expect(await form?.grouping(model)).toBeUndefined();
});

describe("the room of prepared graphs", () => {
	test("holds the three that were used last", async () => {
		for (const [age, name] of ["c", "b", "a"].entries()) {
			const path = await writeForm(`prepared/${name}`);
			const time = new Date(Date.now() - (age + 1) * 60_000);
			await utimes(path, time, time);
		}
		await placeForm(await writeForm("new"), join(folder, "prepared", "d"));
		expect((await readdir(join(folder, "prepared"))).sort()).toEqual([
			"b",
			"c",
			"d",
		]);
	});

	test("keeps what another sidecar has put there, unless it is damaged", async () => {
		const place = await writeForm("prepared/form");
		await writeFile(join(place, "theirs"), "");
		await placeForm(await writeForm("work/form"), place);
		expect(await readdir(place)).toContain("theirs");
		await writeFile(join(place, "weights.bin"), "short");
		await placeForm(join(folder, "work/form"), place);
		expect(await readdir(place)).not.toContain("theirs");
		expect(await (await PreparedForm.find(place))?.isIntact()).toBe(true);
	});

	test("is not made by deleting other models, and a graph that has none leaves nothing", async () => {
		const [mine, other] = ["a", "b"].map((letter) =>
			join(folder, letter.repeat(64)),
		);
		if (mine === undefined || other === undefined) throw new Error("no path");
		for (const home of [mine, other]) {
			await mkdir(home);
			await writeFile(join(home, "model.onnx"), weights);
		}
		const run = (maxBytes: number) =>
			inFormRoom(
				{
					modelPath: join(mine, "model.onnx"),
					tokenizerPath: join(mine, "tokenizer.json"),
					functionName: "TEXT_SIMILARITY",
					allocations: 1,
					threadsPerAllocation: 1,
				},
				{ folder, maxBytes },
				async ({ bytes }) => bytes,
			);
		expect(await run(4 * weights.length)).toBe(2 * weights.length);
		await expect(run(4 * weights.length - 1)).rejects.toMatchObject({
			code: "circuit_open",
		});
		expect((await readdir(folder)).sort()).toEqual(
			["a", "b"].map((letter) => letter.repeat(64)),
		);
	});
});

describe("the name of a processor", () => {
	test("is one for all processors with the same instructions", () => {
		const name = processorName("EPYC", "flags\t\t: fma avx2 avx512f\n");
		expect(name).toBe(processorName("EPYC", "flags : avx512f  fma avx2\n"));
		expect(name).not.toBe(processorName("EPYC", "flags : fma avx2\n"));
		expect(name).not.toBe(processorName("Xeon", "flags : fma avx2 avx512f\n"));
		expect(processorName("", "Features : fp asimd\n")).not.toBe(
			processorName("", "Features : fp asimd sve\n"),
		);
		expect(name).toMatch(/^[0-9a-f]{12}$/);
	});
});

describe("a form of a model takes the original's place", () => {
	const trial = (times: number[], last = 0.1): FormTrial => ({
		times,
		values: times.map((_, index) => [Float32Array.of(1, index, last)]),
	});

	test("if its values are the same bits, and it is not slower at every length", () => {
		expect(faultOf(trial([1, 2]), trial([1, 2, 3]))).toBeUndefined();
		expect(faultOf(trial([1, 20]), trial([1, 2]))).toBeUndefined();
		expect(faultOf(trial([1, 2]), trial([1, 2], 0.1 + 1e-8))).toContain("bits");
		expect(faultOf(trial([1], 0), trial([1], -0))).toContain("bits");
		expect(faultOf(trial([1.3, 2.6]), trial([1, 2]))).toContain("1.30 times");
		expect(faultOf(trial([]), trial([1]))).toContain("compared");
	});
});

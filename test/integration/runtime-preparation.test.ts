import { existsSync } from "node:fs";
import {
	cp,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import {
	afterAll,
	afterEach,
	beforeAll,
	describe,
	expect,
	onTestFinished,
	test,
	vi,
} from "vitest";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import type {
	LoadedModel,
	TextEmbeddingSpec,
} from "../../sidecar/runtime/model-spec.ts";
import { unobserved } from "../../sidecar/runtime/observer.ts";
import { type Graph, onnxModel } from "../helpers/onnx-graph.ts";
import { isAlive, RuntimeModels } from "../helpers/runtime-models.ts";

/** From three tokens to the whole window, in steps that no kernel's block divides. */
const texts = Array.from({ length: 14 }, (_, step) =>
	"water pipe of a house "
		.repeat(Math.floor(1.5 ** step))
		.slice(0, 5 + 7 * step ** 2),
);

let models: RuntimeModels;
let unpacked: Record<Precision, TextEmbeddingSpec>;
let folder = "";
beforeAll(async () => {
	models = await RuntimeModels.create();
	const { preparation: _, ...fp32 } = await models.miniLm("fp32");
	const { preparation: __, ...int8 } = await models.miniLm("int8");
	unpacked = { fp32, int8 };
	folder = await mkdtemp(join(tmpdir(), "runtime-preparation-"));
});
afterAll(async () => {
	await models.close();
	await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
	for (const name of await readdir(folder))
		await rm(join(folder, name), { recursive: true, force: true });
});

/** A model in a cache folder of its own, where nothing has been prepared of it. */
async function fresh(
	precision: Precision,
	maxBytes = 0,
): Promise<TextEmbeddingSpec> {
	const spec = unpacked[precision];
	const from = dirname(spec.modelPath);
	const home = join(folder, basename(from));
	await cp(from, home, {
		recursive: true,
		filter: (path) => basename(path) !== "prepared",
	});
	return {
		...spec,
		modelPath: join(home, basename(spec.modelPath)),
		tokenizerPath: join(home, "tokenizer.json"),
		preparation: { folder, maxBytes },
	};
}

function preparedFolder({ modelPath }: TextEmbeddingSpec): string {
	return join(dirname(modelPath), "prepared");
}

/** The one form that there is. */
async function formOf(spec: TextEmbeddingSpec): Promise<string> {
	const [name = ""] = await readdir(preparedFolder(spec));
	return join(preparedFolder(spec), name);
}

/** The other allocations join when the model has been prepared, or can't be. */
function untilPrepared(model: LoadedModel): Promise<void> {
	return vi.waitFor(
		() => expect(model.stats().allocations).toBeGreaterThanOrEqual(2),
		{ timeout: 30_000, interval: 10 },
	);
}

/** What a start of the model makes of the texts, bit by bit, before and after it is prepared, and says in the log. */
async function start(spec: TextEmbeddingSpec) {
	const log: string[] = [];
	const sink = new Writable({
		write(chunk, _encoding, done) {
			log.push(String(chunk));
			done();
		},
	});
	const runtime = models.runtime({ logger: pino({ level: "warn" }, sink) });
	const model = await runtime.load("model", spec);
	const vectors = await model.embed(texts);
	await untilPrepared(model);
	expect(await model.embed(texts)).toEqual(vectors);
	await runtime.close();
	return {
		vectors: vectors.map(({ vector }) => bitsOf(vector)),
		log: log.join(""),
	};
}

function bitsOf(values: Float32Array = new Float32Array()): string {
	const { buffer, byteOffset, byteLength } = values;
	return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/** What comes of the model without any preparation. */
async function plain({ preparation: _, ...spec }: TextEmbeddingSpec) {
	return (await start(spec)).vectors;
}

describe.each(["fp32", "int8"] as const)("MiniLM, %s", (precision) => {
	test("has the same vectors, bit by bit, from what was prepared of it", async () => {
		const spec = await fresh(precision);
		const expected = await plain(spec);
		const first = await start(spec);
		expect(first).toEqual({ vectors: expected, log: "" });
		// Nothing but the prepared files can make them now.
		const { size } = await stat(spec.modelPath);
		await writeFile(spec.modelPath, Buffer.alloc(size));
		expect(await start(spec)).toEqual(first);
		const files = await readdir(await formOf(spec));
		expect(files).toEqual(
			expect.arrayContaining(["graph.onnx", "manifest.json", "weights.bin"]),
		);
		expect(await readdir(folder)).toEqual([basename(dirname(spec.modelPath))]);
	});
});

test("texts of a model in single precision may run together, those of a dynamically quantised one never", async () => {
	const found: unknown[] = [];
	for (const precision of ["fp32", "int8"] as const) {
		const spec = await fresh(precision);
		await start(spec);
		const form = await formOf(spec);
		const [name = ""] = (await readdir(form)).filter((file) =>
			file.startsWith("grouping-"),
		);
		found.push(JSON.parse(await readFile(join(form, name), "utf8")));
	}
	expect(found).toEqual([
		{ texts: 8, tokens: expect.any(Number) },
		{ texts: 1, tokens: 0 },
	]);
});

test.each(["graph.onnx", "weights.bin", "manifest.json"])(
	"a prepared model whose %s was changed is noticed, and prepared anew",
	async (name) => {
		const spec = await fresh("int8");
		const { vectors } = await start(spec);
		const path = join(await formOf(spec), name);
		const right = await readFile(path);
		const wrong = Buffer.from(right);
		const at = Math.floor(wrong.length / 2);
		wrong.writeUInt8(wrong.readUInt8(at) ^ 255, at);
		await writeFile(path, wrong);
		const again = await start(spec);
		expect(again.vectors).toEqual(vectors);
		expect(await readFile(path)).not.toEqual(wrong);
		// The weights are seen to be wrong after they were loaded, which is worth a line.
		if (name === "weights.bin") expect(again.log).toContain("damaged");
		expect((await start(spec)).log).toBe("");
	},
);

test("another version of ONNX Runtime or another processor prepares its own, and leaves the others'", async () => {
	const spec = await fresh("int8");
	const { vectors } = await start(spec);
	const mine = await formOf(spec);
	const theirs = join(
		preparedFolder(spec),
		"1.0.0-x64-0123456789ab-0123456789ab",
	);
	await rename(mine, theirs);
	expect((await start(spec)).vectors).toEqual(vectors);
	expect((await readdir(preparedFolder(spec))).sort()).toEqual(
		[basename(theirs), basename(mine)].sort(),
	);
});

test("another graph in the same folder is not taken for the one that was prepared", async () => {
	const spec = await fresh("int8");
	await start(spec);
	const modelPath = join(dirname(spec.modelPath), "other.onnx");
	await writeFile(modelPath, "this is no model");
	const loading = models.runtime().load("other", { ...spec, modelPath });
	await expect(loading).rejects.toMatchObject({ code: "bad_request" });
});

test("a model serves from a folder that can't be written to, and the log says why it is not prepared", async () => {
	const spec = await fresh("int8");
	// Root can write to a folder whose permissions forbid it, but to none that is a file.
	await writeFile(preparedFolder(spec), "");
	const { vectors, log } = await start(spec);
	expect(vectors).toEqual(await plain(spec));
	expect(log.match(/the prepared graph is not used/g)).toHaveLength(1);
	expect(await readdir(folder)).toEqual([basename(dirname(spec.modelPath))]);
});

test("a model is not prepared beyond the room in the cache folder", async () => {
	const spec = await fresh("int8", 50_000_000);
	const { vectors, log } = await start(spec);
	expect(vectors).toEqual(await plain(spec));
	expect(log).toContain("No room in the cache folder");
	expect(await readdir(dirname(spec.modelPath))).not.toContain("prepared");
});

test("a sidecar that stops while a model is prepared leaves nothing half done in its place", async () => {
	const spec = await fresh("fp32");
	const runtime = models.runtime();
	await runtime.load("model", spec);
	await expect
		.poll(async () =>
			(await readdir(folder)).some((name) => name.startsWith(".work-")),
		)
		.toBe(true);
	await runtime.close();
	expect(await readdir(dirname(spec.modelPath))).not.toContain("prepared");
	expect((await start(spec)).vectors).toEqual(await plain(spec));
	expect(await readdir(await formOf(spec))).toContain("weights.bin");
});

test.runIf(existsSync("/proc/self/task"))(
	"a preparation that hangs does not keep its model from being unloaded",
	async () => {
		const spec = await fresh("fp32");
		const runtime = models.runtime();
		const model = await runtime.load("model", spec);
		const hanging = await vi.waitFor(
			async () => {
				const pid = await childOf(model.stats().pid ?? 0);
				expect(pid).toBeGreaterThan(0);
				return pid;
			},
			{ timeout: 30_000, interval: 5 },
		);
		onTestFinished(() => {
			process.kill(hanging, "SIGKILL");
			return vi.waitFor(() => expect(isAlive(hanging)).toBe(false), {
				timeout: 30_000,
			});
		});
		process.kill(hanging, "SIGSTOP");
		expect(await runtime.unload("model")).toBe(true);
	},
);

/** A process that another one has started; 0 if there is none. */
async function childOf(pid: number): Promise<number> {
	const threads = await readdir(`/proc/${pid}/task`);
	const lists = await Promise.all(
		threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, "utf8")),
	);
	return Number.parseInt(lists.join(" ").trim() || "0", 10);
}

/** Takes one text only, and gives each token's id, which stands in a table larger than what is not worth preparing. */
const oneText: Graph = {
	inputs: [{ name: "input_ids", type: "int64", dims: [1, "tokens"] }],
	constants: [
		{
			name: "table",
			dims: [200_000, 2],
			values: Float32Array.from({ length: 400_000 }, (_, i) => i >> 1),
		},
	],
	nodes: [
		{ op: "Gather", inputs: ["table", "input_ids"], outputs: ["vectors"] },
	],
	outputs: [{ name: "vectors", type: "float32", dims: [1, "tokens", 2] }],
};

test("a graph for one text at a time is prepared, and runs each alone", async () => {
	const spec = await fresh("int8");
	await writeFile(spec.modelPath, onnxModel(oneText));
	const runtime = models.runtime();
	const model = await runtime.load("model", { ...spec, dimension: 2 });
	await untilPrepared(model);
	const vectors = await model.embed(["water", "a pipe", "water", "a pump"]);
	const expected = await runtime
		.load("plain", {
			...unpacked.int8,
			modelPath: spec.modelPath,
			dimension: 2,
		})
		.then((plainModel) =>
			plainModel.embed(["water", "a pipe", "water", "a pump"]),
		);
	expect(vectors).toEqual(expected);
	expect(await readdir(await formOf(spec))).toContain("weights.bin");
	await runtime.close();
});

test("a tokenizer with more tokens than the graph keeps no model from serving, with threads for lone texts too", async () => {
	const spec = await fresh("int8");
	const values = Float32Array.from({ length: 40_000 }, (_, i) => i >> 1);
	const constants = [{ name: "table", dims: [20_000, 2], values }];
	await writeFile(spec.modelPath, onnxModel({ ...oneText, constants }));
	const runtime = models.runtime();
	const model = await runtime.load("model", {
		...spec,
		dimension: 2,
		allocations: 1,
		loneThreads: 2,
	});
	await expect(model.embed(["water"])).resolves.toHaveLength(1);
	await runtime.close();
});

test("a prepared model with one allocation runs texts of equal length together from its start on", async () => {
	const spec = await fresh("fp32");
	await start(spec);
	const batches: number[] = [];
	const runtime = models.runtime({
		observer: { ...unobserved, ran: ({ batch }) => batches.push(batch) },
	});
	const model = await runtime.load("model", { ...spec, allocations: 1 });
	await vi.waitFor(async () => {
		const asked = Array.from({ length: 40 }, (_, i) => `wine of ${1900 + i}`);
		await model.embed(asked);
		expect(Math.max(...batches)).toBeGreaterThan(1);
	});
	await runtime.close();
});

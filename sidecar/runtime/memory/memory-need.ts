import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "../system-error.ts";
import { MemoryRecord, type RecordedModel } from "./memory-record.ts";

/** What a model's process will take, bytes, and how that is known. */
export interface MemoryNeed {
	bytes: number;
	isMeasured: boolean;
}

/** A model's files, bytes. */
export interface ModelSizes {
	/** The graph with its external data. */
	graph: number;
	/** tokenizer.json and what else is read whole. */
	json: number;
}

const mebibyte = 1024 * 1024;

/**
 * Measured with onnxruntime-node 1.26.0 on Linux x64, after texts of 512 tokens, in MiB with 1, 2 and 4 allocations: MiniLM
 * int8 (22) as it came takes 184, 255 and 402, fp32 (86) 243, 382 and 689. From what was prepared of it, whose weights
 * sessions share, int8 takes 154 (188 in the start that prepares it), 205 and 283, fp32 192 (258), 242 and 331.
 */
const processBytes = 92 * mebibyte;
const plain = { session: 45 * mebibyte, graphByte: 1.3, sharedGraphByte: 0 };
const prepared = { session: 46 * mebibyte, graphByte: 0, sharedGraphByte: 1.5 };

/** Measured: 27 for MiniLM's WordPiece tokenizer, 26 and 48 for 250,000 made up tokens of WordPiece and Unigram. */
const bytesPerJsonByte = 32;

/**
 * What a model's process will have in memory once all its allocations are there: as measured when the same was loaded
 * before, else estimated by its files. A file that is not there takes nothing: the process says what is missing.
 */
export async function memoryNeed(spec: RecordedModel): Promise<MemoryNeed> {
	const measured = await new MemoryRecord(spec).read();
	if (measured !== undefined) return { bytes: measured, isMeasured: true };
	const form = spec.preparation === undefined ? "plain" : "prepared";
	const bytes = estimate(await sizesOf(spec), sessionsOf(spec), form);
	return { bytes, isMeasured: false };
}

/** One an allocation, and one for the two that run texts that come alone: those are short. */
function sessionsOf(spec: RecordedModel): number {
	const { functionName, allocations, threadsPerAllocation } = spec;
	const { loneThreads = 0 } = spec;
	if (functionName === "SPARSE_TOKENIZE") return 0;
	return loneThreads > threadsPerAllocation ? allocations + 1 : allocations;
}

/** As many allocations, at most those of the specification and at least one, as so much memory holds, bytes. */
export async function fittingAllocations(
	spec: RecordedModel,
	memoryBytes: number,
): Promise<number> {
	for (let allocations = spec.allocations; allocations > 1; allocations--) {
		const { bytes } = await memoryNeed({ ...spec, allocations });
		if (bytes <= memoryBytes) return allocations;
	}
	return 1;
}

/**
 * @param form whether each session has the graph's weights for itself, in the layout of the kernels, or they are prepared,
 * mapped and shared
 */
export function estimate(
	{ graph, json }: ModelSizes,
	sessions: number,
	form: "plain" | "prepared",
): number {
	const { session, graphByte, sharedGraphByte } =
		form === "plain" ? plain : prepared;
	return Math.ceil(
		processBytes +
			bytesPerJsonByte * json +
			sharedGraphByte * graph +
			sessions * (session + graphByte * graph),
	);
}

/** Every file in the model's folder belongs to it, but for those of the sidecar's own making, which are small. */
async function sizesOf({ modelPath }: RecordedModel): Promise<ModelSizes> {
	const folder = dirname(modelPath);
	const sizes: ModelSizes = { graph: 0, json: 0 };
	try {
		for (const name of await readdir(folder)) {
			const found = await stat(join(folder, name));
			if (!found.isFile()) continue;
			sizes[name.endsWith(".json") ? "json" : "graph"] += found.size;
		}
	} catch (error) {
		if (!hasCode(error, ["ENOENT", "ENOTDIR"])) throw error;
	}
	return sizes;
}

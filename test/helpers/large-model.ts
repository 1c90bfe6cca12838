import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { scattered } from "./function-models.ts";
import { constantHead, onnxModel } from "./onnx-graph.ts";

/** Numbers in a vector of such a model. */
export const largeModelDimension = 384;

/** A text that its tokenizer knows, and the tokens of that. */
export const largeModelText = "word";
const textTokens = [2, 7, 3];

const rowBytes = largeModelDimension * Float32Array.BYTES_PER_ELEMENT;
const tokenizer = join(
	import.meta.dirname,
	"../fixtures/tokenizers/small-wordpiece.json",
);

/** 1 MiB, of which the table of vectors is made again and again: too long for a compressor of blocks to notice. */
const block = scattered(1 << 18, 1);

/**
 * Makes the archive of a model of any size: a table of tokens' vectors, which nothing but its size distinguishes from a
 * small one. Neither it nor the archive is ever in memory.
 *
 * @param tableBytes of the table at least; at most 1,536 bytes are added to make a whole row
 */
export async function makeLargeModel(
	zipPath: string,
	tableBytes: number,
): Promise<ModelArtifact> {
	const rows = Math.ceil(tableBytes / rowBytes);
	const head = graphHead(rows);
	const zip = new ZipFile();
	const options = { compress: false };
	zip.addReadStreamLazy(
		"large.onnx",
		{ ...options, size: head.length + rows * rowBytes },
		(open) => open(null, Readable.from(graphBytes(head, rows))),
	);
	zip.addFile(tokenizer, "tokenizer.json", options);
	zip.end();
	const hash = createHash("sha256");
	const hashed = async function* () {
		for await (const piece of zip.outputStream) {
			hash.update(piece);
			yield piece;
		}
	};
	await pipeline(hashed, createWriteStream(zipPath));
	const { size } = await stat(zipPath);
	return { zipPath, sha256: hash.digest("hex"), sizeBytes: size };
}

/** What such a model makes of {@link largeModelText}: the mean of its tokens' vectors, of length 1. */
export function largeModelVector(): number[] {
	const sums = Array.from({ length: largeModelDimension }, (_, column) =>
		textTokens.reduce(
			(sum, token) => sum + (block[token * largeModelDimension + column] ?? 0),
			0,
		),
	);
	const length = Math.hypot(...sums);
	return sums.map((sum) => sum / length);
}

function graphHead(rows: number): Buffer {
	const tokens = ["batch", "tokens"];
	const graph = onnxModel({
		inputs: [{ name: "input_ids", type: "int64", dims: tokens }],
		nodes: [
			{ op: "Gather", inputs: ["table", "input_ids"], outputs: ["vectors"] },
		],
		outputs: [
			{
				name: "vectors",
				type: "float32",
				dims: [...tokens, largeModelDimension],
			},
		],
	});
	const table = { name: "table", dims: [rows, largeModelDimension] };
	return Buffer.concat([graph, constantHead(table, rows * rowBytes)]);
}

function* graphBytes(head: Buffer, rows: number): Generator<Uint8Array> {
	yield head;
	const bytes = new Uint8Array(block.buffer);
	for (let left = rows * rowBytes; left > 0; left -= bytes.length)
		yield bytes.subarray(0, left);
}

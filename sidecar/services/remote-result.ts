import type { RemoteResult } from "../../schemas/remote-run.ts";
import type { ModelResult } from "../runtime/model-result.ts";

/** A result on its way to another sidecar. */
export function toRemote(result: ModelResult): RemoteResult {
	switch (result.kind) {
		case "vector":
			return { ...result, vector: encode(result.vector) };
		case "weights":
			return {
				...result,
				ids: encode(result.ids),
				weights: encode(result.weights),
			};
		case "answer":
			return result;
	}
}

/** A result that came from another sidecar. */
export function fromRemote(result: RemoteResult): ModelResult {
	switch (result.kind) {
		case "vector":
			return { ...result, vector: new Float32Array(decode(result.vector)) };
		case "weights":
			return {
				...result,
				ids: new Int32Array(decode(result.ids)),
				weights: new Float32Array(decode(result.weights)),
			};
		case "answer":
			return result;
	}
}

function encode(values: Float32Array | Int32Array): string {
	const { buffer, byteOffset, byteLength } = values;
	return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/** A copy: values of 32 bits need an aligned buffer. */
function decode(text: string): ArrayBuffer {
	return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}

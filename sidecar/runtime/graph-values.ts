import { fromHalves, toHalves } from "./half-floats.ts";
import type { InputName, InputType } from "./model-graph.ts";

/** Values of an input, as ONNX Runtime takes them for a tensor of the type. */
export type InputValues =
	| BigInt64Array
	| Int32Array
	| Float32Array
	| Uint16Array
	| Uint8Array;

/** What an input is filled with for one text, [tokens]. There is no padding, so that every token counts. */
export function fillingOf(
	filling: InputName,
	{ ids, typeIds }: { ids: Int32Array; typeIds: Int32Array },
): Int32Array {
	switch (filling) {
		case "input_ids":
			return ids;
		case "attention_mask":
			return new Int32Array(ids.length).fill(1);
		case "token_type_ids":
			return typeIds;
		case "position_ids":
			return Int32Array.from(ids.keys());
	}
}

/** Values as a graph wants them. None of them is negative. */
export function valuesFor(type: InputType, values: Int32Array): InputValues {
	switch (type) {
		case "int64":
			return widened(values);
		case "int32":
			return values;
		case "float32":
			return Float32Array.from(values);
		case "float16":
			return toHalves(values);
		case "uint8":
		case "bool":
			return Uint8Array.from(values);
	}
}

/**
 * What a graph's output holds, as single precision: without a copy where it is. Undefined for any type that is not
 * among `outputTypes`. Halves come as Uint16Array, or as Float16Array from the Node.js that has it on.
 */
export function floatsOf(
	type: string,
	data: unknown,
): Float32Array | undefined {
	if (data instanceof Float32Array) return data;
	if (type !== "float16" || !ArrayBuffer.isView(data)) return undefined;
	const { buffer, byteOffset, byteLength } = data;
	return fromHalves(new Uint16Array(buffer, byteOffset, byteLength / 2));
}

function widened(values: Int32Array): BigInt64Array {
	const wide = new BigInt64Array(values.length);
	// On a little-endian machine the low halves are all there is to write, which is several times faster than
	// making a BigInt of each.
	const halves = new Int32Array(wide.buffer);
	for (let i = 0; i < values.length; i++) halves[2 * i] = values[i] ?? 0;
	return wide;
}

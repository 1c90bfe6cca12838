import { fields } from "./protobuf-fields.ts";

/*
 * Makes ONNX files for tests: protocol buffers as onnx.proto numbers them, written by hand, since a file made once by
 * some exporter can't show how a small change of it is taken.
 */

/** What a tensor or an input holds. */
export type ElementType = keyof typeof elementTypes;

const elementTypes = {
	float32: 1,
	uint8: 2,
	int32: 6,
	int64: 7,
	bool: 9,
	float16: 10,
} as const;

export interface GraphNode {
	op: string;
	inputs: readonly string[];
	outputs: readonly string[];
	/** Whole numbers and lists of them. */
	attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface GraphValue {
	name: string;
	type: ElementType;
	/** A name is a length that differs from run to run. */
	dims: readonly (number | string)[];
}

export interface GraphConstant {
	name: string;
	dims: readonly number[];
	values: Float32Array | BigInt64Array;
	/** A file that has the values, by its path from the graph's folder; they are not in the graph then. */
	location?: string;
}

export interface Graph {
	inputs: readonly GraphValue[];
	constants?: readonly GraphConstant[];
	nodes: readonly GraphNode[];
	outputs: readonly GraphValue[];
}

/** What is put around a model that there is. */
export interface GraphChange {
	/** Run before the model's own nodes; they may make an input that is no longer one. */
	before?: readonly GraphNode[];
	/** Run after them. */
	after: readonly GraphNode[];
	constants?: readonly GraphConstant[];
	/** Inputs of the model that are none any more. */
	without?: readonly string[];
	/** Inputs besides the model's own. */
	inputs?: readonly GraphValue[];
	/** Instead of the model's own. */
	outputs: readonly GraphValue[];
}

const model = { irVersion: 1, graph: 7, opset: 8 } as const;
const graph = {
	node: 1,
	name: 2,
	constant: 5,
	input: 11,
	output: 12,
} as const;

/** An ONNX file. */
export function onnxModel(made: Graph): Buffer {
	return Buffer.concat([
		number(model.irVersion, 8),
		bytes(model.opset, number(2, 13)),
		bytes(
			model.graph,
			Buffer.concat([
				...made.nodes.map(nodeField),
				text(graph.name, "made"),
				...(made.constants ?? []).map(constantField),
				...made.inputs.map((input) => valueField(graph.input, input)),
				...made.outputs.map((output) => valueField(graph.output, output)),
			]),
		),
	]);
}

/** An ONNX file with other outputs, and nodes before and after its own. */
export function changedModel(file: Buffer, change: GraphChange): Buffer {
	const { without = [] } = change;
	return Buffer.concat(
		[...fields(file)].map((field) =>
			field.number === model.graph
				? bytes(model.graph, changedGraph(field.content, change, without))
				: field.whole,
		),
	);
}

function changedGraph(
	content: Buffer,
	{ before = [], after, constants = [], inputs = [], outputs }: GraphChange,
	without: readonly string[],
): Buffer {
	const kept = [...fields(content)].filter((field) => {
		if (field.number === graph.output) return false;
		return (
			field.number !== graph.input || !without.includes(nameOf(field.content))
		);
	});
	return Buffer.concat([
		...before.map(nodeField),
		...kept.map(({ whole }) => whole),
		...after.map(nodeField),
		...constants.map(constantField),
		...inputs.map((input) => valueField(graph.input, input)),
		...outputs.map((output) => valueField(graph.output, output)),
	]);
}

/**
 * What an ONNX file goes on with, to have one more constant: its values follow as they are, and end the file. So they
 * need not be in memory. (Parts of one message merge, by the rules of protocol buffers.)
 */
export function constantHead(
	constant: Omit<ConstantHead, "type">,
	valueBytes: number,
): Buffer {
	const start = constantStart({ ...constant, type: "float32" }, valueBytes);
	return Buffer.concat([head(model.graph, start.length + valueBytes), start]);
}

function nodeField({ op, inputs, outputs, attributes }: GraphNode): Buffer {
	return bytes(
		graph.node,
		Buffer.concat([
			...inputs.map((name) => text(1, name)),
			...outputs.map((name) => text(2, name)),
			text(4, op),
			...Object.entries(attributes ?? {}).map(([name, value]) =>
				bytes(5, attribute(name, value)),
			),
		]),
	);
}

function attribute(name: string, value: number | readonly number[]): Buffer {
	const [type, values] =
		typeof value === "number"
			? [2, [number(3, value)]]
			: [7, value.map((one) => number(8, one))];
	return Buffer.concat([text(1, name), ...values, number(20, type)]);
}

function constantField({
	values,
	location,
	...constant
}: GraphConstant): Buffer {
	const type = values instanceof Float32Array ? "float32" : "int64";
	const { buffer, byteOffset, byteLength } = values;
	if (location !== undefined) {
		const entry = bytes(
			13,
			Buffer.concat([text(1, "location"), text(2, location)]),
		);
		const outside = Buffer.concat([entry, number(14, 1)]);
		const tensor = [tensorHead({ ...constant, type }), outside];
		return bytes(graph.constant, Buffer.concat(tensor));
	}
	return Buffer.concat([
		constantStart({ ...constant, type }, byteLength),
		Buffer.from(buffer, byteOffset, byteLength),
	]);
}

/** A constant without its values. */
interface ConstantHead {
	name: string;
	dims: readonly number[];
	type: ElementType;
}

function tensorHead({ name, dims, type }: ConstantHead): Buffer {
	return Buffer.concat([
		...dims.map((dim) => number(1, dim)),
		number(2, elementTypes[type]),
		text(8, name),
	]);
}

/** The field of a constant up to its values. */
function constantStart(constant: ConstantHead, valueBytes: number): Buffer {
	const start = Buffer.concat([tensorHead(constant), head(9, valueBytes)]);
	const length = start.length + valueBytes;
	return Buffer.concat([head(graph.constant, length), start]);
}

function valueField(field: number, { name, type, dims }: GraphValue): Buffer {
	const shape = dims.map((dim) =>
		bytes(1, typeof dim === "number" ? number(1, dim) : text(2, dim)),
	);
	const tensor = Buffer.concat([
		number(1, elementTypes[type]),
		bytes(2, Buffer.concat(shape)),
	]);
	return bytes(
		field,
		Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]),
	);
}

function number(field: number, value: number): Buffer {
	return Buffer.concat([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Buffer {
	return bytes(field, Buffer.from(value));
}

function bytes(field: number, content: Buffer): Buffer {
	return Buffer.concat([head(field, content.length), content]);
}

/** Of a field whose content follows. */
function head(field: number, length: number): Buffer {
	return Buffer.concat([varint((field << 3) | 2), varint(length)]);
}

function varint(value: number): Buffer {
	const encoded: number[] = [];
	let rest = BigInt.asUintN(64, BigInt(value));
	while (rest > 127n) {
		encoded.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	return Buffer.from([...encoded, Number(rest)]);
}

function nameOf(value: Buffer): string {
	for (const field of fields(value))
		if (field.number === 1) return field.content.toString();
	return "";
}

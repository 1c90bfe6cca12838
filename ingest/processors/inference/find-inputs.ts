import type { Node } from "jsonc-parser";
import { propertyValue } from "../../document-edit.ts";
import { InvalidDocument } from "../../invalid-definition.ts";
import type { Slot } from "../../slot.ts";
import type { MlInference } from "../ml-inference.ts";
import { embeddingAnswer, readAnswer } from "./answer-path.ts";
import type { InputTemplate, TextTemplate } from "./input-template.ts";
import type { InferencePrediction } from "./prediction.ts";

/**
 * The texts that an `ml_inference` processor gives to its model, once for each place that something of the answer
 * goes to.
 *
 * @throws InvalidDocument where a field is missing, or holds what makes no text, or the answer has no place
 */
export function findInputs(root: Node, processor: MlInference): Slot[] {
	return processor.predictions.flatMap((prediction) =>
		findInput(root, prediction, processor),
	);
}

function findInput(
	root: Node,
	{ sources, input, outputs }: InferencePrediction,
	{ ignoreMissing, override }: MlInference,
): Slot[] {
	const missing = sources.find((source) => !fieldAt(root, source));
	if (missing !== undefined) {
		if (ignoreMissing) return [];
		throw new InvalidDocument(
			`Cannot find field name defined from input map: ${missing}`,
		);
	}
	const texts = textsOf(root, input);
	const answer = embeddingAnswer(texts.map(() => []));
	return outputs.flatMap(({ target, path }): Slot[] => {
		const parts = target.split(".");
		if (hasField(root, parts) && !override) return [];
		if (readAnswer(answer, path) === undefined && !ignoreMissing)
			throw new InvalidDocument(
				`model inference output cannot find such json path: ${path.text}`,
			);
		return [{ texts, list: true, object: [], target: parts, part: path }];
	});
}

/** What `null` stands for is missing. */
function fieldAt(root: Node, source: string): Node | undefined {
	let value: Node | undefined = root;
	for (const name of source.split(".")) value = value && childOf(value, name);
	return value?.type === "null" ? undefined : value;
}

/** A dot leads into an object, or with a number into a list. */
function childOf(node: Node, name: string): Node | undefined {
	return node.type === "array"
		? node.children?.[/^[0-9]+$/.test(name) ? Number(name) : -1]
		: propertyValue(node, name);
}

function textsOf(root: Node, input: InputTemplate): string[] {
	if ("texts" in input)
		return input.texts.map((template) => renderText(root, template));
	const list = fieldAt(root, input.list);
	const texts = list?.type === "array" ? (list.children ?? []) : [];
	if (texts.length === 0)
		throw new InvalidDocument(
			`field [${input.list}] of the input map has to be a list of texts, cannot process it`,
		);
	return texts.map((text) => textOf(text, input.list));
}

function renderText(root: Node, template: TextTemplate): string {
	return template
		.map((piece) => {
			if (typeof piece === "string") return piece;
			const value = fieldAt(root, piece.source);
			return value ? textOf(value, piece.source) : "";
		})
		.join("");
}

function textOf(value: Node, source: string): string {
	if (
		value.type === "string" ||
		value.type === "number" ||
		value.type === "boolean"
	)
		return String(value.value);
	throw new InvalidDocument(
		`field [${source}] of the input map is neither a string nor a number nor a boolean, cannot process it`,
	);
}

/** @throws InvalidDocument where the way to a field goes through what is no object */
function hasField(root: Node, path: readonly string[]): boolean {
	let object = root;
	for (const [depth, name] of path.entries()) {
		const value = propertyValue(object, name);
		if (!value) return false;
		if (depth === path.length - 1) return true;
		if (value.type !== "object")
			throw new InvalidDocument(
				`cannot set [${path[depth + 1]}] with parent object of type [${value.type}] as part of path [${path.join(".")}]`,
			);
		object = value;
	}
	return true;
}

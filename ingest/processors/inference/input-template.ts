import { illegal } from "../../invalid-definition.ts";
import { isObject, type JsonObject } from "../../json.ts";

/** A text made of pieces, those of the document by the names of their fields. */
export type TextTemplate = readonly (string | { readonly source: string })[];

/** Where a model's texts come from: a field that is a list of them, or one text each from a template. */
export type InputTemplate =
	| { readonly list: string }
	| { readonly texts: readonly TextTemplate[] };

/** How a field of the document is written in a template. */
const placeholder = /\$\{(?:input_map|ml_inference)\.([^}]+)\}/;

/** A string of a JSON text, or a placeholder that stands outside of any. */
const outside = new RegExp(`"(?:[^"\\\\]|\\\\.)*"|${placeholder.source}`, "g");

/** What of a request changes nothing of what is read from its answer. */
const withoutEffect = ["algorithm", "return_number", "return_bytes"];

/** The one output of a text embedding model. */
const outputName = "sentence_embedding";

/**
 * A `model_input`: the body of a prediction, with placeholders for the document's fields. They are put in as JSON, so
 * that a quotation mark in a text does no harm.
 *
 * @param inputMap the fields by the names that placeholders have for them
 * @throws InvalidDefinition
 */
export function parseInputTemplate(
	modelInput: string,
	inputMap: ReadonlyMap<string, string>,
): InputTemplate {
	const request = parseJson(modelInput);
	const { text_docs, target_response, ...others } = request;
	const unknown = Object.keys(others).filter(
		(name) => !withoutEffect.includes(name),
	);
	if (unknown.length > 0)
		throw illegal(`model_input can't have [${unknown.join(", ")}] here`);
	if (
		request.return_number === false ||
		(target_response !== undefined &&
			!(Array.isArray(target_response) && target_response.includes(outputName)))
	)
		throw illegal(
			`model_input asks for an answer without numbers or without [${outputName}], which is all that there is`,
		);
	const sourceOf = (name: string): string => {
		const source = inputMap.get(name);
		if (source === undefined)
			throw illegal(`model_input has [${name}], input_map has not`);
		return source;
	};
	if (isObject(text_docs) && typeof text_docs.placeholder === "string")
		return { list: sourceOf(text_docs.placeholder) };
	if (!Array.isArray(text_docs) || text_docs.length === 0)
		throw illegal("model_input has to have a list of [text_docs]");
	return {
		texts: text_docs.map((text: unknown) => {
			if (typeof text === "string") return parseText(text, sourceOf);
			throw illegal("each of [text_docs] in model_input has to be a string");
		}),
	};
}

/** A placeholder outside of strings becomes an object that names it. */
function parseJson(modelInput: string): JsonObject {
	const json = modelInput.replace(outside, (match, name: string | undefined) =>
		name === undefined ? match : JSON.stringify({ placeholder: name }),
	);
	try {
		const request: unknown = JSON.parse(json);
		if (isObject(request)) return request;
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
	}
	throw illegal(`Invalid payload: ${modelInput}`);
}

function parseText(
	text: string,
	sourceOf: (name: string) => string,
): TextTemplate {
	// Split by an expression with a group, every second piece is what the group has found.
	return text
		.split(placeholder)
		.map((piece, index) =>
			index % 2 === 0 ? piece : { source: sourceOf(piece) },
		)
		.filter((piece) => piece !== "");
}

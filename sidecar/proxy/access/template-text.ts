import type { Node } from "jsonc-parser";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";
import { readJson } from "./json-text.ts";
import { nameSites, namesAt } from "./name-sites.ts";

/** A name in a template that is not JSON before its sections are filled in. */
const namedInText = /"_?index"\s*:\s*"([^"]*)"/g;
const placeholder = /\{\{\{?[\s&]*([\w.-]+)\s*\}?\}\}/g;

/**
 * Checks a search template, or a script that is to be kept. A name that is put together from parameters is judged as
 * it will be; one that a section makes is not known here.
 *
 * @throws SidecarError forbidden_index where it names one of the sidecar's indices
 */
export function checkTemplate(root: Node, names: HiddenNames): void {
	const parameters = new Map(
		members(member(root, "params")).map(({ name, value }) => [
			name,
			String(value.value),
		]),
	);
	const script = member(root, "script") ?? root;
	for (const source of elements(member(script, "source")))
		for (const text of namesInTemplate(source)) {
			const name = text.replaceAll(
				placeholder,
				(whole, parameter: string) => parameters.get(parameter) ?? whole,
			);
			if (names.mean(name)) throw forbidden(name);
		}
}

function namesInTemplate(source: Node): string[] {
	if (source.type !== "string") return namesInQuery(source);
	const text = String(source.value);
	const parsed = readJson(text);
	return parsed
		? namesInQuery(parsed.root)
		: [...text.matchAll(namedInText)].map(([, name = ""]) => name);
}

function namesInQuery(root: Node): string[] {
	return [...nameSites(root, { query: true })]
		.flatMap(namesAt)
		.map(({ value }) => String(value));
}

import type { Node } from "jsonc-parser";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import { type HiddenNames, namespace } from "./hidden-names.ts";
import { forbidden, mayBeForbidden } from "./index-expression.ts";
import { leadsIntoNamespace } from "./name-piece.ts";
import { NameShape } from "./name-shape.ts";
import { checkScript } from "./script-target.ts";

/** OpenSearch drops `_source.` before the path of a field, and dots behind it. */
const indexField = /^(_source\.)?_index\.*$/;

/** `%{_index}`, `%{WORD:_index}` and the like: parts of a text that become the name of the index. */
const indexPart = /[{:+?&*]_index\b/;

/** Processors that change a field in place, such that any name may come out. */
const transforming: ReadonlySet<string> = new Set([
	"html_strip",
	"lowercase",
	"trim",
	"urldecode",
]);

/**
 * Checks the processors that send a document to another index, wherever they stand in a pipeline. A name that a script
 * puts together, or that stands in documents where no processor names `_index`, can't be seen here.
 *
 * @throws SidecarError forbidden_index where one names one of the sidecar's indices, or takes any name from documents
 */
export function checkPipeline(node: Node, names: HiddenNames): void {
	for (const { name, value } of members(node)) {
		if (name === "script") checkScript(value, names);
		else if (name === "date_index_name") checkDates(value, names);
		else checkProcessor(name, value, names);
	}
	for (const child of node.children ?? []) checkPipeline(child, names);
}

function checkProcessor(name: string, value: Node, names: HiddenNames): void {
	const target = stringIn(value, "target_field");
	if (target !== undefined && indexField.test(target))
		throw mayBeForbidden(target);
	for (const part of partsOf(name, value))
		if (indexPart.test(part) || indexField.test(part))
			throw mayBeForbidden(part);
	const field = stringIn(value, "field");
	if (target !== undefined || field === undefined || !indexField.test(field))
		return;
	if (name === "set") checkName(stringIn(value, "value") ?? "{{", names);
	if (name === "gsub" && replacesIntoNamespace(value))
		throw mayBeForbidden(name);
	if (transforming.has(name)) throw mayBeForbidden(name);
}

/** What a processor makes fields of. */
function partsOf(name: string, value: Node): string[] {
	const key = new Map([
		["csv", "target_fields"],
		["dissect", "pattern"],
		["grok", "patterns"],
	]).get(name);
	return key === undefined
		? []
		: elements(member(value, key)).map((part) => String(part.value));
}

function replacesIntoNamespace(value: Node): boolean {
	const pattern = stringIn(value, "pattern") ?? "";
	const replacement = stringIn(value, "replacement") ?? "";
	return leadsIntoNamespace({ pattern, replacement });
}

/** The format of a date may quote any text. */
function checkDates(value: Node, names: HiddenNames): void {
	const prefix = stringIn(value, "index_name_prefix") ?? "";
	const format = stringIn(value, "index_name_format") ?? "yyyy-MM-dd";
	checkName(`<${prefix}{now/d{${format}}}>`, names);
}

/** @param name may hold `{{…}}`, of which nothing is known */
function checkName(name: string, names: HiddenNames): void {
	if (names.mean(name)) throw forbidden(name);
	if (!name.includes("{{")) return;
	const shape = name.startsWith("<")
		? NameShape.ofPattern(`${name.slice(1).replace(/\{.*/s, "")}*`)
		: NameShape.ofTemplate(name);
	if (shape.mayBegin(namespace)) throw mayBeForbidden(name);
}

function stringIn(node: Node, name: string): string | undefined {
	const value: unknown = member(node, name)?.value;
	return typeof value === "string" ? value : undefined;
}

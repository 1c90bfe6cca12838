import type { Node } from "jsonc-parser";
import { member, members } from "../../../ingest/json-tree.ts";
import { type HiddenNames, namespace } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";
import { NameShape } from "./name-shape.ts";

/**
 * Checks the processors that send a document to another index, wherever they stand in a pipeline. A name that comes
 * whole out of the document, or that a script makes, can't be seen here.
 *
 * @throws SidecarError forbidden_index where one names one of the sidecar's indices
 */
export function checkPipeline(node: Node, names: HiddenNames): void {
	for (const { name, value } of members(node)) {
		if (name === "set" && stringIn(value, "field") === "_index")
			checkName(stringIn(value, "value"), names);
		if (name === "date_index_name") {
			const prefix = stringIn(value, "index_name_prefix");
			if (prefix) checkName(`${prefix}{{date}}`, names);
		}
		if (name === "script") checkScript(value, names);
	}
	for (const child of node.children ?? []) checkPipeline(child, names);
}

/**
 * Checks a script that sets the index of a document.
 *
 * @throws SidecarError forbidden_index
 */
export function checkScript(script: Node, names: HiddenNames): void {
	const source = stringIn(script, "source");
	if (source?.includes("_index") && names.mentionedIn(source))
		throw forbidden(source);
}

function checkName(name: string | undefined, names: HiddenNames): void {
	if (name === undefined) return;
	const shaped =
		name.startsWith(".") && NameShape.ofTemplate(name).mayBegin(namespace);
	if (shaped || names.mean(name)) throw forbidden(name);
}

function stringIn(node: Node, name: string): string | undefined {
	const value: unknown = member(node, name)?.value;
	return typeof value === "string" ? value : undefined;
}

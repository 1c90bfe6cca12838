import type { Node } from "jsonc-parser";
import type { JsonObject } from "../json.ts";
import {
	compact,
	listRenderer,
	type Member,
	member,
	members,
	nodeValue,
	parseObject,
	type Renderer,
	renderTree,
	unlessTooDeep,
} from "../json-tree.ts";
import {
	metaKey,
	readRecords,
	recordsKey,
	type SemanticRecord,
	type SemanticRecords,
} from "./semantic-field.ts";
import { semanticParameters, skipsExisting } from "./semantic-options.ts";
import { isSemanticPipeline, ownFinal } from "./semantic-pipeline.ts";

/** Names of objects that are not shown where nothing is in them but what is the sidecar's own. */
const emptied = [metaKey, "_meta", "index", "settings"];
const finals = ["final_pipeline", "index.final_pipeline"];

export interface Showing {
	/** A template is shown as it was put; an index has its fields' defaults, too. */
	readonly withDefaults: boolean;
}

/**
 * An answer with mappings and settings in it, as clients have put them; any other text comes back as it is.
 *
 * @param text the body of OpenSearch's answer
 */
export function showSemantic(text: string, showing: Showing): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const shown = unlessTooDeep(() => {
		const view = new View(text, showing);
		view.hide(root);
		return renderTree(text, root, view.renderers);
	});
	return shown ?? text;
}

/**
 * The answer to a question for single fields' mappings, as clients have put them.
 *
 * @param records of each index
 */
export function showSemanticFields(
	text: string,
	records: ReadonlyMap<string, SemanticRecords>,
): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const view = new View(text, { withDefaults: true });
	for (const { name: index, value } of members(root))
		for (const { name: path, value: found } of members(
			member(value, "mappings"),
		)) {
			const record = records.get(index)?.get(path);
			const [field] = members(member(found, "mapping"));
			if (record && field) view.restore(field.value, record);
		}
	return renderTree(text, root, view.renderers);
}

class View {
	readonly renderers = new Map<Node, Renderer>();
	readonly #text: string;
	readonly #showing: Showing;

	constructor(text: string, showing: Showing) {
		this.#text = text;
		this.#showing = showing;
	}

	/** Takes out what is the sidecar's own. @returns whether nothing is left of an object that had something */
	hide(node: Node): boolean {
		if (node.type === "array")
			for (const element of node.children ?? []) this.hide(element);
		const all = members(node);
		const own = all.find(({ name }) => name === "_meta")?.value;
		const records = own && readRecords(nodeValue(this.#text, own));
		const properties = member(node, "properties");
		if (records && properties)
			for (const [path, record] of records) {
				const field = this.#locate(properties, path.split("."));
				if (field) this.restore(field, record);
			}
		const gone = all.filter((one) => this.#isGone(one));
		if (gone.length === 0) return false;
		const without = new Set(gone.map((one) => one.node));
		this.renderers.set(node, listRenderer(this.#text, node, { without }));
		return gone.length === all.length;
	}

	/** Shows a field of the text's own type as the `semantic` one that it was put as. */
	restore(node: Node, { options }: SemanticRecord): void {
		const raw = members(node).filter(({ name }) => name !== "type");
		const own = Object.entries(this.#shown(options)).map(
			([name, value]) => `"${name}":${JSON.stringify(value)}`,
		);
		const kept = raw.map((one) => compact(this.#text, one.node));
		this.renderers.set(
			node,
			() => `{${['"type":"semantic"', ...own, ...kept].join(",")}}`,
		);
	}

	#shown(options: JsonObject): JsonObject {
		if (!this.#showing.withDefaults) return options;
		const all: JsonObject = { raw_field_type: "text", ...options };
		const names = semanticParameters.filter(
			(name) =>
				(all[name] ?? undefined) !== undefined &&
				(name !== "skip_existing_embedding" || skipsExisting(options)),
		);
		return Object.fromEntries(
			names.map((name) => [
				name,
				name === "skip_existing_embedding" ? true : all[name],
			]),
		);
	}

	#isGone({ name, value }: Member): boolean {
		if (finals.includes(name) && isSemanticPipeline(value.value)) {
			const own = ownFinal(value.value);
			if (own === undefined) return true;
			this.renderers.set(value, () => JSON.stringify(own));
			return false;
		}
		if (name === metaKey) {
			const records = member(value, recordsKey);
			if (!records) return false;
			const node = members(value).find((one) => one.value === records)?.node;
			const without = new Set(node ? [node] : []);
			this.renderers.set(value, listRenderer(this.#text, value, { without }));
			return members(value).length === 1;
		}
		return this.hide(value) && emptied.includes(name);
	}

	/** A template keeps dots in the names of fields as they were written. */
	#locate(properties: Node, parts: readonly string[]): Node | undefined {
		for (let count = parts.length; count > 0; count -= 1) {
			const value = member(properties, parts.slice(0, count).join("."));
			if (!value) continue;
			const rest = parts.slice(count);
			if (rest.length === 0) return value;
			const inner = member(value, "properties");
			const found = inner && this.#locate(inner, rest);
			if (found) return found;
		}
		return undefined;
	}
}

import type { Node } from "jsonc-parser";
import type { JsonObject } from "../json.ts";
import {
	compact,
	hasDuplicates,
	listRenderer,
	member,
	members,
	nodeValue,
	type Renderer,
} from "../json-tree.ts";
import {
	infoName,
	metaKey,
	recordsKey,
	type SemanticRecords,
} from "./semantic-field.ts";
import { semanticParameters } from "./semantic-options.ts";

/** A `semantic` field in a mapping that a client has written. */
export interface WrittenField {
	/** Its full name. */
	readonly path: string;
	/** Its name within its object. */
	readonly name: string;
	readonly options: JsonObject;
	readonly node: Node;
	/** The `properties` that it is one of. */
	readonly properties: Node;
}

/** The `semantic` fields of a mapping. Those among multi-fields and in dynamic templates are left for OpenSearch to refuse. */
export function writtenFields(
	text: string,
	mapping: Node | undefined,
	path: readonly string[] = [],
): WrittenField[] {
	const properties = member(mapping, "properties");
	return members(properties).flatMap(({ name, value }) => {
		const own = [...path, name];
		if (member(value, "type")?.value !== "semantic" || !properties)
			return writtenFields(text, value, own);
		// OpenSearch refuses what is said twice.
		if (hasDuplicates(value)) return [];
		const options = Object.fromEntries(
			members(value)
				.filter((option) => semanticParameters.includes(option.name))
				.map((option) => [option.name, nodeValue(text, option.value)]),
		);
		return [{ path: own.join("."), name, options, node: value, properties }];
	});
}

/** What takes the place of `semantic` fields in a mapping. */
export interface MappingChange {
	readonly mapping: Node;
	readonly fields: readonly WrittenField[];
	/** The mappings of what stands beside the fields, by the fields' full names. */
	readonly infos: ReadonlyMap<string, JsonObject>;
	/** The mapping's whole `_meta`, JSON; undefined where it is to stay as it is written. */
	readonly meta: string | undefined;
}

/** How a mapping reads that OpenSearch can store. */
export function mappingRenderers(
	text: string,
	{ mapping, fields, infos, meta }: MappingChange,
): Map<Node, Renderer> {
	const renderers = new Map<Node, Renderer>();
	for (const properties of new Set(fields.map((field) => field.properties))) {
		const own = fields.filter((field) => field.properties === properties);
		const added = own.map(({ name, options, path }) => ({
			name: infoName(name, options),
			json: JSON.stringify(infos.get(path) ?? {}),
		}));
		const names = new Set(added.map(({ name }) => name));
		const without = members(properties).filter(({ name }) => names.has(name));
		const list = listRenderer(text, properties, {
			without: new Set(without.map(({ node }) => node)),
			added: added
				.map(({ name, json }) => `${JSON.stringify(name)}:${json}`)
				.join(","),
		});
		renderers.set(properties, list);
		for (const { node, options } of own)
			renderers.set(node, () => rawField(text, node, options));
	}
	if (meta === undefined) return renderers;
	const written = member(mapping, "_meta");
	if (written) renderers.set(written, () => meta);
	else
		renderers.set(
			mapping,
			listRenderer(text, mapping, { added: `"_meta":${meta}` }),
		);
	return renderers;
}

/** The text itself, as a field of its own type. */
function rawField(text: string, node: Node, options: JsonObject): string {
	const kept = members(node).filter(
		({ name }) => name !== "type" && !semanticParameters.includes(name),
	);
	const type = `"type":${JSON.stringify(options.raw_field_type ?? "text")}`;
	return `{${[type, ...kept.map((one) => compact(text, one.node))].join(",")}}`;
}

/**
 * A mapping's `_meta` with the sidecar's records in it.
 *
 * @param given what else is to be in it
 */
export function metaText(
	given: JsonObject,
	own: JsonObject,
	records: SemanticRecords,
): string {
	return JSON.stringify({
		...given,
		[metaKey]: { ...own, [recordsKey]: Object.fromEntries(records) },
	});
}

import type { Node } from "jsonc-parser";
import type { JsonObject } from "../../../ingest/json.ts";
import { member } from "../../../ingest/json-tree.ts";
import { fieldIn } from "../../../ingest/semantic/mapped-field.ts";
import type { SemanticRecords } from "../../../ingest/semantic/semantic-field.ts";
import type { WrittenField } from "../../../ingest/semantic/written-mapping.ts";
import { SidecarError } from "../../errors.ts";

/** Parameters of a field that stay what they were: the mapping of what stands beside it is made of them. */
const fixed = ["semantic_info_field_name", "chunking"];

/** What an index has. */
export interface Present {
	readonly mapping: JsonObject;
	readonly records: SemanticRecords;
}

/**
 * Refuses a change of a mapping that OpenSearch could not see to be none that can be made: to it a `semantic` field is one
 * of its text's own type.
 *
 * @param written the mapping, as the client has written it
 * @throws SidecarError bad_request, in OpenSearch's words
 */
export function refuseConflicts(
	written: Node,
	fields: readonly WrittenField[],
	{ mapping, records }: Present,
): void {
	for (const { path, options } of fields) {
		const before = records.get(path);
		if (!before) {
			const field = fieldIn(mapping, path.split("."));
			if (field)
				throw otherType(path, String(field.type ?? "object"), "semantic");
			continue;
		}
		for (const name of fixed) {
			const [from, to] = [before.options[name], options[name]].map((value) =>
				JSON.stringify(value ?? null),
			);
			if (from !== to)
				throw new SidecarError(
					"bad_request",
					`Mapper for [${path}] conflicts with existing mapper:\n\tCannot update parameter [${name}] from [${plain(from)}] to [${plain(to)}]`,
				);
		}
	}
	for (const path of records.keys()) {
		if (fields.some((field) => field.path === path)) continue;
		const found = path
			.split(".")
			.reduce<Node | undefined>(
				(object, name) => member(member(object, "properties"), name),
				written,
			);
		if (found)
			throw otherType(
				path,
				"semantic",
				String(member(found, "type")?.value ?? "object"),
			);
	}
}

function otherType(path: string, from: string, to: string): SidecarError {
	return new SidecarError(
		"bad_request",
		`mapper [${path}] cannot be changed from type [${from}] to [${to}]`,
	);
}

/** A text as it is, and everything else as JSON. */
function plain(json: string | undefined): string {
	const value: unknown = JSON.parse(json ?? "null");
	return typeof value === "string" ? value : String(json);
}

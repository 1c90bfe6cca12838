import { createHash } from "node:crypto";
import type { JsonObject } from "../json.ts";
import {
	infoName,
	type SemanticRecord,
	type SemanticRecords,
} from "./semantic-field.ts";
import {
	algorithmOf,
	chunkingOf,
	pruneOf,
	skipsExisting,
} from "./semantic-options.ts";

/*
 * The pipeline that makes the vectors of an index's `semantic` fields: the index's final one, so that no write goes past
 * it. Where the index has a final pipeline of its own, this one calls that first, as neural-search's runs behind it.
 */

const prefix = ".ml-sidecar-semantic-";
const form = /^\.ml-sidecar-semantic-[0-9a-f]{16}(?:\.(.+))?$/s;

/** A pipeline to store. */
export interface SemanticPipeline {
	readonly id: string;
	/** JSON, with the sidecar's processors as a client would write them. */
	readonly definition: string;
}

/** The beginning of the ids of the sidecar's own pipelines. */
export function isSemanticPipeline(id: unknown): id is string {
	return typeof id === "string" && form.test(id);
}

/** The final pipeline that an index has by its own settings, or by its client's; undefined where it has none. */
export function ownFinal(id: string | undefined): string | undefined {
	if (id === undefined || id === "_none") return undefined;
	const match = form.exec(id);
	return match ? match[1] : id;
}

/**
 * The pipeline of an index; its id says what it does: equal ones are one.
 *
 * @param final the index's own final pipeline
 */
export function semanticPipeline(
	records: SemanticRecords,
	final: string | undefined,
): SemanticPipeline {
	const processors = [
		...(final === undefined ? [] : [{ pipeline: { name: final } }]),
		...processorsOf(records).map((options) => ({ semantic_field: options })),
	];
	const definition = JSON.stringify({
		description:
			"The vectors of semantic fields, made by opensearch-ml-sidecar",
		processors,
	});
	const hash = createHash("sha256").update(definition).digest("hex");
	const id = `${prefix}${hash.slice(0, 16)}`;
	return { id: final === undefined ? id : `${id}.${final}`, definition };
}

/** One for the fields that want the same of the same model. */
function processorsOf(records: SemanticRecords): JsonObject[] {
	const processors = new Map<string, JsonObject>();
	const inOrder = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
	for (const [path, record] of inOrder) {
		const options = optionsOf(record);
		const key = JSON.stringify(options);
		const before = processors.get(key)?.field_map ?? {};
		const target = infoName(path, record.options).split(".").at(-1);
		processors.set(key, {
			...options,
			field_map: { ...before, [path]: target },
		});
	}
	return [...processors.values()];
}

function optionsOf({ options, model }: SemanticRecord): JsonObject {
	const prune = pruneOf(options);
	return {
		model_id: model.id,
		model_name: model.name,
		model_type: model.type,
		...(chunkingOf(options) && { chunking: cutsOf(options) }),
		...(model.type !== "TEXT_EMBEDDING" && {
			prune_type: prune.type,
			...(prune.type !== "none" && { prune_ratio: prune.ratio }),
		}),
		...(skipsExisting(options) && { skip_existing: true }),
	};
}

function cutsOf({ chunking }: JsonObject): JsonObject[] {
	const cuts: readonly unknown[] = Array.isArray(chunking) ? chunking : [];
	return cuts.length === 0
		? [{ fixed_token_length: {} }]
		: cuts.map((cut) => algorithmOf(cut, ""));
}

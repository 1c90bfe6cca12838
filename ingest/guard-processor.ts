import { createHash } from "node:crypto";
import { InvalidDefinition } from "./invalid-definition.ts";
import { isObject, type JsonObject } from "./json.ts";
import { member, parseObject, unlessTooDeep } from "./json-tree.ts";
import {
	parseTextEmbedding,
	type TextEmbedding,
} from "./processors/text-embedding.ts";

/*
 * What stands in a stored pipeline for an embedding processor: a core `fail` processor, in the same place, that
 * lets a document pass only if the sidecar has marked it. Its description holds the original and the mark's
 * name, so that the cluster state is the only copy.
 */

const descriptionPrefix = "opensearch-ml-sidecar runs this processor: ";
const markPrefix = "_ml_sidecar_";
const markForm = /^_ml_sidecar_[0-9a-f]{16}$/;

/** What a document's mark says of a step that was carried out; a step that failed has its reason elsewhere. */
export const done = "done";

/**
 * The field that holds why a step of a document failed. It is the same for all pipelines, so that all guards in one
 * place have one message: OpenSearch compiles 75 templates in 5 minutes, and refuses pipelines beyond that.
 */
export const reasonField = "_ml_sidecar_reason";

/** Options of an embedding processor that OpenSearch itself heeds, on the guard. */
export const failureRules = ["tag", "ignore_failure", "on_failure"] as const;

/** An embedding processor, as its guard keeps it. */
export interface Guard {
	/** The field by which a document shows that the sidecar has seen it. */
	readonly mark: string;
	/** The processor that the client wrote, as JSON text. */
	readonly original: string;
	readonly processor: TextEmbedding;
	/** The processor's `if`. */
	readonly condition: unknown;
}

export type EmbeddingProcessor = JsonObject & { text_embedding: unknown };

/** Whether a processor is one that the sidecar runs. */
export function isEmbedding(
	processor: unknown,
): processor is EmbeddingProcessor {
	return isObject(processor) && Object.hasOwn(processor, "text_embedding");
}

/** The key, within a document's mark, of the step at a position among a pipeline's processors. */
export function keyOf(position: number): string {
	return `p${position}`;
}

/**
 * The mark of a pipeline: another one for every change that may lead to other vectors.
 *
 * @param processors the processors up to the last embedding one, as the client wrote them, JSON texts
 */
export function markOf(id: string, processors: readonly string[]): string {
	const hash = createHash("sha256").update(JSON.stringify([id, ...processors]));
	return `${markPrefix}${hash.digest("hex").slice(0, 16)}`;
}

/**
 * The guard for an embedding processor, as JSON text.
 *
 * @param original the processor, as JSON text
 * @param rules its {@link failureRules}, as JSON texts by name
 */
export function renderGuard(
	{ mark, original, position }: GuardOptions,
	rules: readonly (readonly [name: string, json: string])[],
): string {
	const key = keyOf(position);
	const description = `${descriptionPrefix}{"mark":"${mark}","processor":${original}}`;
	const condition = `ctx['${mark}'] == null || ctx['${mark}']['${key}'] != '${done}'`;
	const reason = `${reasonField}.${key}`;
	const message =
		`{{{${reason}}}}{{^${reason}}}this document needs a vector that OpenSearch can't compute: ` +
		`send it through the ML sidecar, as an index or create request or in a bulk{{/${reason}}}`;
	const options = [
		["description", JSON.stringify(description)],
		...rules,
		["if", JSON.stringify(condition)],
		["message", JSON.stringify(message)],
	];
	const members = options.map(([name, json]) => `"${name}":${json}`);
	return `{"fail":{${members.join(",")}}}`;
}

export interface GuardOptions {
	mark: string;
	original: string;
	position: number;
}

/** The processor that takes the mark out of a document before it is stored, as JSON text. */
export function renderRemoval(mark: string): string {
	return JSON.stringify({
		remove: { field: [mark, reasonField], ignore_missing: true, tag: mark },
	});
}

/** Whether a stored processor is the one of {@link renderRemoval}. */
export function isRemoval(processor: unknown, mark: string): boolean {
	return (
		isObject(processor) &&
		isObject(processor.remove) &&
		Array.isArray(processor.remove.field) &&
		processor.remove.field.includes(mark) &&
		processor.remove.tag === mark
	);
}

/**
 * What a stored processor guards; undefined where it is no guard. Whatever is stored is read without an error:
 * anyone may write pipelines to the cluster.
 */
export function readGuard(stored: unknown): Guard | undefined {
	if (!isObject(stored) || !isObject(stored.fail)) return undefined;
	const { description } = stored.fail;
	if (
		Object.keys(stored).length > 1 ||
		typeof description !== "string" ||
		!description.startsWith(descriptionPrefix)
	)
		return undefined;
	const json = description.slice(descriptionPrefix.length);
	const root = parseObject(json, { allowComments: false });
	const mark: unknown = member(root, "mark")?.value;
	const node = member(root, "processor");
	if (!node || typeof mark !== "string" || !markForm.test(mark))
		return undefined;
	const original = json.slice(node.offset, node.offset + node.length);
	const embedding = unlessTooDeep(() => readEmbedding(JSON.parse(original)));
	return embedding && { mark, original, ...embedding };
}

function readEmbedding(
	original: unknown,
): Pick<Guard, "processor" | "condition"> | undefined {
	if (!isEmbedding(original) || Object.keys(original).length > 1)
		return undefined;
	const options = original.text_embedding;
	try {
		return {
			processor: parseTextEmbedding(options),
			condition: isObject(options) ? options.if : undefined,
		};
	} catch (error) {
		if (error instanceof InvalidDefinition) return undefined;
		throw error;
	}
}

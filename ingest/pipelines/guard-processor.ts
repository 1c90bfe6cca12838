import { createHash } from "node:crypto";
import { InvalidDefinition } from "../invalid-definition.ts";
import { isObject } from "../json.ts";
import { member, parseObject, unlessTooDeep } from "../json-tree.ts";
import {
	isProcessorName,
	type Processor,
	parseProcessor,
} from "../processors/processor.ts";

/*
 * What stands in a stored pipeline for a processor of the sidecar's: a core `fail` processor, in the same place, that
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

/** What a guard says of a document that the sidecar has not seen, or has prepared for another form of the pipeline. */
export const unseenReason =
	"this document needs a vector that OpenSearch can't compute";

/** What the processor says of itself by which a guard's failure goes on, once its mark is taken away. */
export const raisesAgain = "opensearch-ml-sidecar raises the failure again";

/** Options of a processor that OpenSearch itself heeds, on the guard. */
export const failureRules = ["tag", "ignore_failure", "on_failure"] as const;

/** A processor, as its guard keeps it. */
export interface Guard {
	/** The field by which a document shows that the sidecar has seen it. */
	readonly mark: string;
	/** The processor that the client wrote, as JSON text. */
	readonly original: string;
	readonly processor: Processor;
	/** The processor's `if`. */
	readonly condition: unknown;
}

/** The name under which an object holds the options of a processor that the sidecar runs. */
export function ownName(processor: unknown): Processor["kind"] | undefined {
	return isObject(processor)
		? Object.keys(processor).find(isProcessorName)
		: undefined;
}

/** The key, within a document's mark, of the step at a position among a pipeline's processors. */
export function keyOf(position: number): string {
	return `p${position}`;
}

/**
 * The mark of a pipeline: another one for every change that may lead to other vectors.
 *
 * @param processors the processors up to the sidecar's last one, as the client wrote them, JSON texts
 */
export function markOf(id: string, processors: readonly string[]): string {
	const hash = createHash("sha256").update(JSON.stringify([id, ...processors]));
	return `${markPrefix}${hash.digest("hex").slice(0, 16)}`;
}

/**
 * The guard for a processor, as JSON text.
 *
 * @param original the processor, as JSON text
 * @param rules its {@link failureRules}, as JSON texts by name
 */
export function renderGuard(
	{ mark, original, position }: GuardOptions,
	rules: Rules,
): string {
	const key = keyOf(position);
	const description = `${descriptionPrefix}{"mark":"${mark}","processor":${original}}`;
	const condition = `ctx['${mark}'] == null || ctx['${mark}']['${key}'] != '${done}'`;
	const reason = `${reasonField}.${key}`;
	const message =
		`{{{${reason}}}}{{^${reason}}}${unseenReason}: ` +
		`send it through the ML sidecar, as an index or create request or in a bulk{{/${reason}}}`;
	const options = [
		["description", JSON.stringify(description)],
		...rules,
		...(isHandled(rules) ? [] : [["on_failure", leaving(mark, rules)]]),
		["if", JSON.stringify(condition)],
		["message", JSON.stringify(message)],
	];
	const members = options.map(([name, json]) => `"${name}":${json}`);
	return `{"fail":{${members.join(",")}}}`;
}

type Rules = readonly (readonly [name: string, json: string])[];

/** Whether the pipeline goes on behind a processor that has failed: its mark is still looked for then. */
function isHandled(rules: Rules): boolean {
	return rules.some(
		([name, json]) =>
			name === "on_failure" || (name === "ignore_failure" && json === "true"),
	);
}

/**
 * What a guard does before its failure is raised, a JSON text: should a pipeline that has called this one save the
 * document, there is no mark in it.
 */
function leaving(mark: string, rules: Rules): string {
	const tag = rules.find(([name]) => name === "tag")?.[1];
	const raising = [
		`"description":${JSON.stringify(raisesAgain)}`,
		...(tag === undefined ? [] : [`"tag":${tag}`]),
		`"message":"{{{_ingest.on_failure_message}}}"`,
	];
	const processors = [
		...renderRemovals(mark),
		`{"fail":{${raising.join(",")}}}`,
	];
	return `[${processors.join(",")}]`;
}

/** Whether a stored processor is the one by which a guard's failure goes on. */
export function isRaising(processor: unknown): boolean {
	return (
		isObject(processor) &&
		isObject(processor.fail) &&
		processor.fail.description === raisesAgain
	);
}

export interface GuardOptions {
	mark: string;
	original: string;
	position: number;
}

/** True where no pipeline has to find its mark in the document any more; the same text everywhere, compiled once. */
const withoutMarks =
	`for (def name : ctx.keySet()) { if (name != '${reasonField}' && ` +
	`name.startsWith('${markPrefix}')) { return false } } return true`;

/**
 * The processors that take the mark out of a document before it is stored, and with the last one the reason why steps
 * have failed, as JSON texts: the pipelines that a document goes through have one field for it.
 *
 * @param conditions of the guarded processors, JSON texts. They stand where nothing ever comes, because taking out what
 * may be missing never fails: OpenSearch compiles them with the pipeline, and refuses those that it can't.
 */
export function renderRemovals(
	mark: string,
	conditions: readonly string[] = [],
): string[] {
	const options = { ignore_missing: true, tag: mark };
	const removal = JSON.stringify({ field: mark, ...options });
	const handlers = conditions.map(
		(json) => `{"remove":{"field":"${mark}","if":${json}}}`,
	);
	const checked =
		handlers.length === 0
			? removal
			: `${removal.slice(0, -1)},"on_failure":[${handlers.join(",")}]}`;
	return [
		`{"remove":${checked}}`,
		JSON.stringify({
			remove: { field: reasonField, if: withoutMarks, ...options },
		}),
	];
}

/** Whether a stored processor is one of {@link renderRemovals}, or both in one, as they once were. */
export function isRemoval(processor: unknown, mark: string): boolean {
	if (!isObject(processor) || !isObject(processor.remove)) return false;
	const { field, tag } = processor.remove;
	return (
		tag === mark &&
		(field === mark ||
			field === reasonField ||
			(Array.isArray(field) && field.includes(mark)))
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
	const read = unlessTooDeep(() => readOriginal(JSON.parse(original)));
	return read && { mark, original, ...read };
}

/** The guard that a stored processor is, or that a `foreach` runs in its place. */
export function guardWithin(stored: unknown): Guard | undefined {
	return (
		readGuard(stored) ??
		(isObject(stored) && isObject(stored.foreach)
			? guardWithin(stored.foreach.processor)
			: undefined)
	);
}

function readOriginal(
	original: unknown,
): Pick<Guard, "processor" | "condition"> | undefined {
	const name = ownName(original);
	if (!name || !isObject(original) || Object.keys(original).length > 1)
		return undefined;
	const options = original[name];
	try {
		return {
			processor: parseProcessor(name, options),
			condition: isObject(options) ? options.if : undefined,
		};
	} catch (error) {
		if (error instanceof InvalidDefinition) return undefined;
		throw error;
	}
}

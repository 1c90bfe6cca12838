import type { Node } from "jsonc-parser";
import type { Failure } from "../failure.ts";
import { isObject } from "../json.ts";
import {
	member,
	members,
	nodeValue,
	parseObject,
	type Renderer,
	renderTree,
} from "../json-tree.ts";
import { reasonField } from "./guard-processor.ts";

/** What is known of a document that OpenSearch has simulated. */
export interface Known {
	/** The fields by which guards knew it. */
	readonly marks: ReadonlySet<string>;
	/** Why a processor of the sidecar's failed on it. */
	readonly failure: Failure | undefined;
}

/**
 * OpenSearch's answer to a `_simulate` that is not verbose as it would be if the cluster knew the sidecar's processors;
 * everything else of it stays to the byte.
 *
 * @param known what is known of the documents, in order
 */
export function shownAnswer(text: string, known: readonly Known[]): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const renderers = new Map<Node, Renderer>();
	const results = member(root, "docs");
	for (const [index, result] of (results?.children ?? []).entries()) {
		const own = known[index];
		if (!own) continue;
		const source = member(member(result, "doc"), "_source");
		const error = member(result, "error");
		if (source && members(source).some(({ name }) => isOwn(name, own)))
			renderers.set(source, () =>
				JSON.stringify(shownSource(nodeValue(text, source), own)),
			);
		if (error)
			renderers.set(error, () =>
				JSON.stringify(shownError(nodeValue(text, error), own)),
			);
	}
	return renderTree(text, root, renderers);
}

/** A document without what the sidecar has put into it for its guards. */
export function shownSource(source: unknown, known: Known): unknown {
	if (!isObject(source)) return source;
	return Object.fromEntries(
		Object.entries(source).filter(([name]) => !isOwn(name, known)),
	);
}

/** An error as the processor that a guard stands for would raise it; any other one stays. */
export function shownError(error: unknown, { failure }: Known): unknown {
	if (!failure || !isObject(error)) return error;
	if (
		error.type !== "fail_processor_exception" ||
		error.reason !== failure.reason
	)
		return error;
	const { type, reason } = failure;
	return { ...error, root_cause: [{ type, reason }], type };
}

function isOwn(name: string, { marks }: Known): boolean {
	return name === reasonField || marks.has(name);
}

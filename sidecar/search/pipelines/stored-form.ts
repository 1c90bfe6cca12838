import type { Node } from "jsonc-parser";
import { isObject } from "../../../ingest/json.ts";
import {
	compact,
	hasDuplicates,
	listRenderer,
	member,
	members,
	nodeText,
	nodeValue,
	parseObject,
	type Renderer,
	renderNode,
	renderTree,
	unlessTooDeep,
} from "../../../ingest/json-tree.ts";
import { doubleText } from "../java-number.ts";
import {
	firstOwnResponse,
	ownNameIn,
	processorLists,
	readSearchPipeline,
} from "./pipeline-definition.ts";
import type { RerankLimits } from "./rerank-definition.ts";

/*
 * A search pipeline as the cluster stores it: without the processors that the sidecar runs, and with the whole of what
 * the client wrote in its description, so that the cluster state is the only copy. Nothing stands in for a processor
 * that was taken out: a search has nothing more to do in OpenSearch.
 */

const descriptionPrefix =
	"opensearch-ml-sidecar runs a part of this pipeline: ";

/**
 * The pipeline to store for one that a client wrote; undefined where nothing of it is the sidecar's, or OpenSearch has
 * to refuse it as it is.
 *
 * @throws InvalidDefinition
 */
export function storedForm(
	text: string,
	limits: RerankLimits,
): string | undefined {
	return unlessTooDeep(() => {
		const root = parseObject(text, { allowComments: true });
		const copied = root && originalIn(nodeValue(text, root));
		if (copied !== undefined) return storedForm(copied, limits);
		const renderers = root && ownRemoved(text, root, limits);
		if (!renderers) return undefined;
		const said = member(root, "description");
		const description = JSON.stringify(
			`${descriptionPrefix}${compact(text, root)}`,
		);
		// Of another type, it is OpenSearch's to refuse.
		if (said && said.type !== "string" && said.type !== "null")
			return renderTree(text, root, renderers);
		const rest = members(root)
			.filter(({ value }) => value !== said)
			.map(
				({ name, value }) =>
					`,${JSON.stringify(name)}:${renderNode(text, value, renderers)}`,
			);
		return `{"description":${description}${rest.join("")}}`;
	});
}

/**
 * What to send for a pipeline that stands in the body of a search itself; undefined where nothing of it is the sidecar's,
 * or OpenSearch has to refuse it as it is.
 *
 * @throws InvalidDefinition
 */
export function clusterForm(
	text: string,
	limits: RerankLimits,
): string | undefined {
	return unlessTooDeep(() => {
		const root = parseObject(text, { allowComments: true });
		const renderers = root && ownRemoved(text, root, limits);
		return renderers && renderNode(text, root, renderers);
	});
}

/** The pipeline that a client wrote, a JSON text; undefined where the one that is stored is just that. */
export function originalIn(stored: unknown): string | undefined {
	const description = isObject(stored) ? stored.description : undefined;
	return typeof description === "string" &&
		description.startsWith(descriptionPrefix)
		? description.slice(descriptionPrefix.length)
		: undefined;
}

/**
 * The pipelines that clients wrote, out of those that are stored.
 *
 * @param text the body of OpenSearch's answer: pipelines by id; any other text comes back as it is
 */
export function originalsText(text: string): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const renderers = new Map<Node, Renderer>();
	for (const { value } of members(root)) {
		const original = originalIn({
			description: member(value, "description")?.value,
		});
		const tree =
			original === undefined
				? undefined
				: parseObject(original, { allowComments: false });
		if (original !== undefined && tree)
			renderers.set(value, () => asRead(original, tree));
	}
	return unlessTooDeep(() => renderTree(text, root, renderers)) ?? text;
}

/** Notes how to render a pipeline without what the sidecar runs; undefined where that is nothing. */
function ownRemoved(
	text: string,
	root: Node,
	limits: RerankLimits,
): Map<Node, Renderer> | undefined {
	// Within a description OpenSearch would not see them, and so not refuse them.
	if (hasDuplicates(root)) return undefined;
	if (!readSearchPipeline(nodeValue(text, root), limits)) return undefined;
	const renderers = new Map<Node, Renderer>();
	for (const name of processorLists) {
		const list = member(root, name);
		if (list?.type !== "array") continue;
		const nodes = list.children ?? [];
		const values = nodes.map((node) => nodeValue(text, node));
		const from = name === "response_processors" && firstOwnResponse(values);
		const without = nodes.filter((_, index) =>
			typeof from === "number"
				? index >= from
				: ownNameIn(name, values[index]) !== undefined,
		);
		renderers.set(
			list,
			listRenderer(text, list, { without: new Set(without) }),
		);
	}
	return renderers;
}

/** A JSON text as OpenSearch writes what it has read: without white space, escapes that need not be, digits it can't hold. */
function asRead(text: string, node: Node): string {
	const inner = (node.children ?? []).map((child) => asRead(text, child));
	if (node.type === "object") return `{${inner.join(",")}}`;
	if (node.type === "array") return `[${inner.join(",")}]`;
	if (node.type === "property") return inner.join(":");
	if (node.type === "string") return JSON.stringify(node.value);
	const raw = nodeText(text, node);
	return node.type === "number" ? numberAsRead(raw) : raw;
}

/** As a `double`, if it is no whole one. */
function numberAsRead(raw: string): string {
	const number = Number(raw);
	return /[.eE]/.test(raw) && Number.isFinite(number)
		? doubleText(number)
		: raw;
}
